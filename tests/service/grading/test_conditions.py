import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.grade import Evidence, Grade, NotApplicable, Ungraded, UngradedReason, Verdict
from service.domain.scorecard import WhenDimension, WhenMetadata, WhenMetric
from service.grading.conditions import apply_conditions, asked_only_when, open_dimensions
from tests.service.grading.building import a_card, a_conversation, a_dimension

WORDS = (Evidence(turn=0, speaker="agent", quote="Good", start=0, end=4),)


def yes(level="yes"):
    return Verdict(level=level, rationale="r", evidence=WORDS)


def chain():
    return a_card(
        a_dimension("a"),
        a_dimension("b", ask_when={"dimension": "a", "level": "yes"}),
        a_dimension("c", ask_when={"dimension": "b", "level": "no"}),
    )


def apply(card, **outcomes):
    by_id = {d.id: d for d in card.dimensions}
    grades = [Grade.of(by_id[name], "main", outcome, "llm") for name, outcome in outcomes.items()]
    return {grade.dimension: grade for grade in apply_conditions(card, grades)}


@pytest.mark.parametrize(
    ("condition", "conversation", "is_open"),
    [
        ({"metric": "hold_s", "above": 0}, {"metrics": {"hold_s": 1}}, True),
        ({"metric": "hold_s", "above": 0}, {"metrics": {"hold_s": 0}}, False),
        ({"metric": "hold_s", "above": 0}, {}, False),
        ({"metric": "hold_s", "below": 5}, {"metrics": {"hold_s": 5}}, False),
        ({"metric": "hold_s", "above": 1, "below": 5}, {"metrics": {"hold_s": 3}}, True),
        ({"metadata": "product", "in": ["loan", 7]}, {"metadata": {"product": "loan"}}, True),
        ({"metadata": "product", "in": ["loan", 7]}, {"metadata": {"product": 7}}, True),
        ({"metadata": "product", "in": ["loan"]}, {"metadata": {"product": "card"}}, False),
        ({"metadata": "product", "in": [1]}, {"metadata": {"product": True}}, False),
        ({"metadata": "product", "in": [None]}, {}, False),
        ({"metadata": "product", "in": [None]}, {"metadata": {"product": None}}, True),
        ({"metadata": "product", "in": ["loan"]}, {"metadata": {"product": ["loan"]}}, False),
    ],
)
def test_metrics_and_metadata_open_and_close_before_grading(condition, conversation, is_open):
    card = a_card(a_dimension("a"), a_dimension("b", ask_when=condition))
    opening = open_dimensions(card, a_conversation(**conversation))
    assert ("b" not in opening.closed) == is_open
    assert [d.id for d in opening.card.dimensions] == (["a", "b"] if is_open else ["a"])


def test_what_hangs_on_a_closed_dimension_is_not_asked_either():
    first = a_dimension("first", ask_when={"metric": "hold_s", "above": 0})
    second = a_dimension("second", ask_when={"dimension": "first", "level": "yes"})
    third = a_dimension("third", ask_when={"dimension": "second", "level": "yes"})
    opening = open_dimensions(a_card(first, second, third, a_dimension("other")), a_conversation())
    assert [d.id for d in opening.card.dimensions] == ["other"]
    assert opening.closed["third"].reason == "asked only when second is yes"


def test_a_card_whose_sections_are_all_closed_has_nothing_to_ask():
    card = a_card(a_dimension("a", ask_when={"metric": "hold_s", "above": 0}))
    assert open_dimensions(card, a_conversation()).card is None


def test_what_is_closed_before_says_why():
    card = a_card(a_dimension("a"), a_dimension("b", ask_when={"metric": "hold_s", "above": 0}))
    assert open_dimensions(card, a_conversation()).closed["b"].reason == "asked only when hold_s is above 0"


def test_the_card_that_is_left_knows_its_sections_and_keeps_the_rest():
    card = a_card(a_dimension("a"), a_dimension("b", ask_when={"metric": "x", "above": 0}))
    assert card.section_of == {"a": "main", "b": "main"}
    left = open_dimensions(card, a_conversation()).card
    assert left.section_of == {"a": "main"}
    assert (left.name, left.pass_mark) == (card.name, card.pass_mark)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (WhenMetric(metric="wait_s", above=1.5, below=9), "asked only when wait_s is above 1.5 and below 9"),
        (
            WhenMetadata.model_validate({"metadata": "product", "in": ["a", 2]}),
            "asked only when product is a or 2",
        ),
        (WhenDimension(dimension="x", level="yes"), "asked only when x is yes"),
    ],
)
def test_conditions_are_put_into_words(condition, words):
    assert asked_only_when(condition) == words


def test_a_condition_that_is_met_leaves_the_grade_alone():
    grades = apply(chain(), a=yes(), b=yes("no"), c=yes())
    assert [g.outcome for g in grades.values()] == ["graded"] * 3


def test_a_condition_that_is_not_met_closes_and_what_hangs_on_that_too():
    grades = apply(chain(), a=yes("no"), b=yes(), c=yes())
    assert grades["b"].not_applicable_reason == "asked only when a is yes"
    assert grades["c"].not_applicable_reason == "asked only when b is no"


def test_a_missing_answer_leaves_what_hangs_on_it_ungraded():
    grades = apply(chain(), a=Ungraded(reason=UngradedReason.NEEDS_MODEL), b=yes(), c=yes())
    assert grades["b"].ungraded_reason == UngradedReason.NO_CONDITION
    assert grades["c"].ungraded_reason == UngradedReason.NO_CONDITION


def test_what_does_not_apply_anyway_stays_so_when_the_answer_it_hangs_on_is_missing():
    nothing = NotApplicable(reason="not here")
    grades = apply(chain(), a=Ungraded(reason=UngradedReason.REFUSED), b=nothing, c=yes())
    assert grades["b"].not_applicable_reason == "not here"
    assert grades["c"].not_applicable_reason == "asked only when b is no"


_OUTCOMES = st.sampled_from(
    [yes(), yes("no"), NotApplicable(reason="x"), Ungraded(reason=UngradedReason.REFUSED)]
)


@given(_OUTCOMES, _OUTCOMES, _OUTCOMES)
def test_nothing_is_graded_unless_its_condition_was_met(a, b, c):
    grades = apply(chain(), a=a, b=b, c=c)
    assert grades["b"].outcome != "graded" or grades["a"].level == "yes"
    assert grades["c"].outcome != "graded" or grades["b"].level == "no"
    assert apply_conditions(chain(), list(grades.values())) == tuple(grades.values())
