import pytest

from service.calibration.sample import ENOUGH, choose_sample
from service.domain.errors import TooFewLabels
from service.domain.evaluation import ScorecardRef
from tests.service.calibration.making import graded, label, provenance, two_dimensions

CARD = two_dimensions()
TONE = label("tone", 4)


def sample(*evaluations):
    return choose_sample(CARD, "llm", evaluations)


def ids(chosen):
    return [one.evaluation.id for one in chosen.evaluations]


def test_labelled_and_unlabelled_conversations_are_taken_oldest_first():
    chosen = sample(graded(2), graded(1, TONE))
    assert (ids(chosen), chosen.notes) == (["e1", "e2"], ())
    assert (chosen.basis.prompt, chosen.basis.model) == ("grade@2", "m-1")


def test_the_newest_way_of_grading_counts_once_it_has_enough_labels():
    new = {"provenance": provenance(prompt="grade@3")}
    old = [graded(n, TONE) for n in range(40)]
    few = [graded(100 + n, TONE, **new) for n in range(ENOUGH - 1)]
    assert sample(*old, *few).basis.prompt == "grade@2"
    enough = sample(*old, *few, graded(200, TONE, **new))
    assert (enough.basis.prompt, len(enough.evaluations)) == ("grade@3", ENOUGH)
    assert enough.notes == ("40 evaluations graded with prompt grade@2 left out, 40 of them labelled",)


def test_a_conversation_graded_twice_counts_once_with_its_newest_grades():
    chosen = sample(graded(1, TONE, external_id="same"), graded(2, TONE, external_id="same"), graded(3))
    assert ids(chosen) == ["e2", "e3"]
    assert chosen.notes == ("1 earlier evaluation of the same conversations left out",)


def test_what_failed_or_was_graded_on_another_revision_is_counted():
    other = graded(2, TONE, scorecard=ScorecardRef(name="two", revision=2))
    failed = graded(3, TONE, status="failed")
    assert sample(graded(1, TONE), other, failed).notes == (
        "1 evaluation failed and left out",
        "1 evaluation of another revision than two@3 left out, 1 of them labelled",
    )


def test_labels_that_the_scorecard_does_not_know_are_left_out_and_named():
    gone, beyond = label("empathy", 3), label("tone", 9)
    chosen = sample(graded(1, TONE, gone, beyond, label("tone", "na", "r2")))
    assert [one.level for one in chosen.evaluations[0].labels] == [4, "na"]
    assert chosen.notes == (
        "1 label of dimensions that two@3 does not have left out: empathy",
        "1 label with a level that is not on the scale of two@3 left out",
    )


@pytest.mark.parametrize(
    ("evaluations", "missing"),
    [
        ([], "'llm' has graded no conversation on two@3 yet"),
        ([graded(1)], "nobody has graded any of the 1 conversation that 'llm' graded on two@3"),
        (
            [graded(1, label("tone", 4, blind=False))],
            "all 1 label of it came from people who had seen the grade",
        ),
        ([graded(1, TONE, provenance=provenance(grader="signals"))], "graded no conversation"),
    ],
)
def test_without_a_grade_and_a_blind_label_of_it_a_sentence_says_what_is_missing(evaluations, missing):
    with pytest.raises(TooFewLabels, match=missing):
        sample(*evaluations)
