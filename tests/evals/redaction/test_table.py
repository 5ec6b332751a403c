import re

import pytest
from rich.console import Console

from evals.redaction.example import Span
from evals.redaction.report import Estimate, make_report
from evals.redaction.scoring import Selection, score
from evals.redaction.table import as_text, show_report
from tests.evals.redaction.examples import example


@pytest.mark.parametrize(
    ("rate", "digits", "text"),
    [
        (Estimate(value=0.9124, low=0.8871, high=0.9307), 3, ".912 .887–.931"),
        (Estimate(value=1, low=0.9996, high=1), 3, "1.000 1.000–1.000"),
        (Estimate(value=0, low=0, high=0.02), 3, ".000 .000–.020"),
        (Estimate(value=1, low=None, high=None), 3, "1.000"),
        (Estimate(value=0.25, low=0, high=1000.04), 1, "0.2 0.0–1000.0"),
        (None, 3, "–"),
    ],
)
def test_rates_are_short_and_an_unknown_one_is_a_dash(rate, digits, text):
    assert as_text(rate, digits) == text


@pytest.mark.parametrize("width", [50, 60, 72, 80, 100, 120, 200])
def test_no_interval_is_cut_however_narrow_the_terminal(capsys, monkeypatch, width):
    monkeypatch.setattr("evals.redaction.table.console", lambda: Console(width=width, highlight=False))
    texts = [
        example(f"call 555-0100 or mail {n}", spans=(Span(0, 5, 13, "US_DRIVER_LICENSE"),)) for n in range(5)
    ]
    found = [[], *[[Span(0, 5, 13, "PHONE_NUMBER")]] * 4]
    report = make_report(
        [score(text, hits, "en", Selection()) for text, hits in zip(texts, found, strict=True)]
    )
    show_report(report)
    table = capsys.readouterr().out.split("False hits")[0]
    words = {word for line in table.splitlines() for cell in line.split("│") for word in cell.split()}
    assert {".800", "1.000"} <= words
    row = next(row for row in report.overall.types if row.type == "US_DRIVER_LICENSE")
    assert (width < 80) or as_text(row.recall).split()[1] in words
    rates = [word for word in words if "." in word]
    assert [word for word in rates if not re.fullmatch(r"[01]?\.\d{3}(–[01]?\.\d{3})?", word)] == []
