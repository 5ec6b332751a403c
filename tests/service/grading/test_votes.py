import pytest

from service.domain.grade import NotApplicable, UngradedReason, Verdict
from service.grading.problem import Problem
from service.grading.votes import elect
from tests.service.grading.building import ORDINAL, a_card, a_dimension

(DIMENSION,) = a_card(a_dimension("needs", scale=ORDINAL, not_applicable="never")).dimensions


def votes(text):
    """`1 2 3` are levels, `-` is not applicable, `?` could not be proved."""
    made = {
        "-": NotApplicable(reason="r"),
        "?": Problem("needs", UngradedReason.NO_EVIDENCE),
        **{str(n): Verdict(level=n, rationale="r") for n in (1, 2, 3)},
    }
    return [made[each] for each in text.split()]


@pytest.mark.parametrize(
    ("given", "level", "share"),
    [
        ("2", 2, 1),
        ("1 3 3", 3, 2 / 3),
        ("3 ? ?", 3, 1 / 3),
        ("1 2 3", 2, 1 / 3),  # the mean of the points is that of level 2
        ("1 1 3 3", 1, 1 / 2),  # equally far from the mean: the lower one
        ("1 - - 1", 1, 1 / 2),
        ("- - 1", None, 2 / 3),
    ],
)
def test_the_outcome_with_most_votes_wins_and_ties_go_to_the_middle(given, level, share):
    outcome, won = elect(DIMENSION, votes(given))
    assert getattr(outcome, "level", None) == level
    assert won == pytest.approx(share)


def test_without_a_proved_outcome_there_is_a_problem():
    outcome, share = elect(DIMENSION, votes("? ?"))
    assert (outcome.reason, share) == (UngradedReason.NO_EVIDENCE, 0)
