"""What people said of a whole conversation."""

from service.calibration.people import closed_by, score_by_people
from service.domain.grade import Grade, NotApplicable
from service.domain.label import Label
from tests.service.cards import dimension, make_card

CARD = make_card(
    dimension("greeting", weight=1),
    dimension("refund", weight=3, not_applicable="Nothing to refund."),
    dimension(
        "amount", weight=1, not_applicable="No refund.", ask_when={"dimension": "refund", "level": "yes"}
    ),
)


def labels(**levels: str) -> list[Label]:
    return [
        Label(dimension=name, rater=f"r{k}", level=level)
        for name, given in levels.items()
        for k, level in enumerate(given.split())
    ]


def test_the_majority_of_each_dimension_gives_the_score():
    score = score_by_people(CARD, labels(greeting="yes yes no", refund="no", amount="yes"))
    assert score is not None
    assert score.value == 100 * (1 + 0 + 1) / 5


def test_what_people_call_not_applicable_is_in_no_sum():
    score = score_by_people(CARD, labels(greeting="yes", refund="na", amount="na na yes"))
    assert score is not None
    assert (score.value, score.not_applicable) == (100, 2)


def test_a_dimension_that_nobody_labelled_leaves_no_score():
    assert score_by_people(CARD, labels(greeting="yes", refund="yes")) is None


def test_a_tie_leaves_no_score():
    assert score_by_people(CARD, labels(greeting="yes no", refund="yes", amount="yes")) is None


def test_a_conditional_dimension_that_was_not_asked_needs_no_label():
    closed = Grade.of([*CARD.dimensions][2], "all", NotApplicable(reason="No refund."), "llm")
    score = score_by_people(CARD, labels(greeting="yes", refund="no"), closed_by([closed]))
    assert score is not None
    assert (score.value, score.not_applicable) == (25, 1)


def test_labels_of_raters_who_saw_the_grade_do_not_count():
    seen = [label.model_copy(update={"blind": False}) for label in labels(greeting="no no")]
    score = score_by_people(CARD, labels(greeting="yes", refund="yes", amount="yes") + seen)
    assert score is not None
    assert score.value == 100


def test_a_level_that_is_not_on_the_scale_leaves_no_score():
    assert score_by_people(CARD, labels(greeting="maybe", refund="yes", amount="yes")) is None
