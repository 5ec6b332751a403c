"""Tables of figures at any width: no number is ever cut."""

import io
import re

import pytest
from rich.console import Console

from service.cli.figures import in_figures, print_figures
from service.domain.agreement import Estimate

QWK = Estimate(value=-0.064, low=-0.12, high=0.751, n=9)
BARE = Estimate(value=0.5, n=3)


def words(width: int) -> set[str]:
    out = Console(width=width, file=io.StringIO())
    rows = [("politeness", 9, QWK, QWK, QWK, BARE, None)]
    print_figures(out, ("Name", "n", "Exact", "Adjacent", "QWK", "AC2", "Bias"), rows, spare=("AC2", "Exact"))
    return set(re.split(r"[\s│┃]+", out.file.getvalue()))


@pytest.mark.parametrize(
    ("estimate", "between", "said"),
    [
        (QWK, " ", "-0.06 (-0.12…0.75)"),
        (QWK, "\n", "-0.06\n(-0.12…0.75)"),
        (QWK, None, "-0.06"),
        (BARE, " ", "0.50"),
        (None, " ", "–"),
        (Estimate(value=None, n=0, note="nothing"), " ", "–"),
    ],
)
def test_a_figure_has_its_interval_where_there_is_one(estimate, between, said):
    assert in_figures(estimate, between) == said


@pytest.mark.parametrize("width", [44, 60, 72, 80, 100, 120, 200])
def test_no_figure_is_cut_however_narrow_the_terminal(width):
    found = words(width)
    assert {"politeness", "9", "-0.06"} <= found
    assert {word for word in found if "." in word} <= {"-0.06", "(-0.12…0.75)", "0.50"}
    assert ("(-0.12…0.75)" in found) == (width >= 60)


def test_columns_that_others_can_stand_for_go_first():
    assert {"Exact", "AC2"} <= words(100)
    assert {"Exact", "AC2"} & words(72) == {"Exact"}
    assert {"Exact", "AC2"} & words(60) == set()
