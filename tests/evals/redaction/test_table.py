import pytest

from evals.redaction.report import Estimate
from evals.redaction.table import as_text


@pytest.mark.parametrize(
    ("rate", "digits", "text"),
    [
        (Estimate(value=0.9124, low=0.8871, high=0.9307), 3, ".912 .887–.931"),
        (Estimate(value=1, low=0.9996, high=1), 3, "1 1–1"),
        (Estimate(value=0, low=0, high=0.02), 3, ".000 .000–.020"),
        (Estimate(value=1, low=None, high=None), 3, "1"),
        (Estimate(value=0.25, low=0, high=1000.04), 1, "0.2 0.0–1000.0"),
        (None, 3, "–"),
    ],
)
def test_rates_are_short_and_an_unknown_one_is_a_dash(rate, digits, text):
    assert as_text(rate, digits) == text
