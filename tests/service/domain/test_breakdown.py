import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.breakdown import breakdown
from service.domain.grade import Grade, NotApplicable, Ungraded, UngradedReason, Verdict
from service.domain.score import score
from service.domain.scorecard import Scorecard
from tests.service.cards import card, dimension

OUTCOMES = {
    "yes": Verdict(level="yes", rationale="It was said."),
    "no": Verdict(level="no", rationale="It was not said."),
    "n/a": NotApplicable(reason="Nobody asked."),
    "open": Ungraded(reason=UngradedReason.NEEDS_MODEL),
}


def two_sections(*weights: float, auto_fail: str | None = None) -> Scorecard:
    """A card of two sections with two dimensions each; the first of them may fail something."""
    ids = "abcd"
    made = [dimension(name, weight=weight) for name, weight in zip(ids, weights, strict=False)]
    made[0]["auto_fail"] = auto_fail
    sections = [
        {"id": "one", "title": "One", "weight": weights[4], "dimensions": made[:2]},
        {"id": "two", "title": "Two", "weight": weights[5], "dimensions": made[2:]},
    ]
    return Scorecard.model_validate(card() | {"sections": sections})


def grades(on: Scorecard, *outcomes: str) -> list[Grade]:
    return [
        Grade.of(d, on.section_of[d.id], OUTCOMES[outcome], "llm")
        for d, outcome in zip(on.dimensions, outcomes, strict=True)
    ]


def test_the_weight_of_what_is_left_out_is_shared_out_over_the_rest():
    on = two_sections(1.0, 3.0, 1.0, 1.0, 10.0, 30.0)
    first, second = breakdown(on, grades(on, "yes", "no", "n/a", "yes"))
    # 100 × 10/40 = 25 for the first section, of which a quarter is the first dimension's.
    assert [(d.share, d.gives) for d in first.dimensions] == [(6.25, 6.25), (18.75, 0)]
    assert [(d.share, d.gives) for d in second.dimensions] == [(0, 0), (75, 75)]


def test_a_section_of_which_nothing_is_graded_has_no_share():
    on = two_sections(1.0, 1.0, 1.0, 1.0, 10.0, 30.0)
    first, second = breakdown(on, grades(on, "open", "n/a", "yes", "no"))
    assert (first.share, first.gives, second.share, second.gives) == (0, 0, 100, 50)


def test_a_section_that_one_dimension_failed_gives_nothing_and_says_which():
    on = two_sections(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, auto_fail="section")
    first, second = breakdown(on, grades(on, "no", "yes", "yes", "yes"))
    assert (first.failed_by, first.share, first.gives) == ("a", 50, 0)
    assert (second.failed_by, second.gives) == (None, 50)


WEIGHTS = st.floats(0.01, 1000)


@given(
    st.tuples(*(WEIGHTS,) * 6),
    st.tuples(*(st.sampled_from(sorted(OUTCOMES)),) * 4),
    st.sampled_from([None, "section"]),
)
def test_what_the_parts_give_is_the_score(weights, outcomes, auto_fail):
    on = two_sections(*weights, auto_fail=auto_fail)
    given_grades = grades(on, *outcomes)
    parts, value = breakdown(on, given_grades), score(on, given_grades).value
    if value is None:
        assert sum(part.share for part in parts) == 0
        return
    assert sum(part.gives for part in parts) == pytest.approx(value, abs=0.006)
    assert sum(part.share for part in parts) == pytest.approx(100)
