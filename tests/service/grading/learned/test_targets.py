import math

import pytest

from service.grading.learned.targets import Lesson, columns
from tests.service.grading.learned.corpora import choice, ordinal, yes_no


def missing(dimension, targets):
    return Lesson(dimension, tuple(targets)).missing([str(at) for at in range(len(targets))])


def test_too_few_labels_are_said_with_how_many_are_missing():
    assert missing(ordinal(), [1, 3] * 10) == (
        "20 conversations have a level from people; a text model takes 50: label 30 more"
    )


def test_labels_of_not_applicable_are_no_levels():
    said = missing(yes_no(), ["yes", "no"] * 24 + ["na"] * 10 + [None] * 5)
    assert said == (
        "48 conversations have a level from people, 10 more were labelled not applicable; "
        "a text model takes 50: label 2 more"
    )


def test_a_repeated_conversation_counts_once():
    lesson = Lesson(yes_no(), ("yes", "no") * 30)
    assert lesson.missing(["a", "b"] * 30).startswith("2 conversations have a level")


def test_one_level_only_is_said():
    assert missing(ordinal(), [2] * 60) == (
        "people gave the same answer to all 60 conversations: there is nothing to tell apart"
    )


def test_few_other_answers_are_said():
    assert missing(yes_no(), ["yes"] * 60 + ["no"] * 4) == (
        "people gave the same answer to 60 of 64 conversations; label more until 5 have another one"
    )


@pytest.mark.parametrize("target", [0, 3.5, math.nan, math.inf, "2", True, "yes"])
def test_what_is_not_on_an_ordinal_scale_is_refused(target):
    with pytest.raises(ValueError, match="is not on the scale of 'warmth'"):
        Lesson(ordinal(), (1, target))


@pytest.mark.parametrize("target", [1, 0.5, "maybe", ""])
def test_what_is_no_answer_is_refused(target):
    with pytest.raises(ValueError, match="is not on the scale of 'warm'"):
        Lesson(yes_no(), (target,))


def test_a_mean_lies_between_the_ranks_of_its_neighbours_on_a_scale_with_gaps():
    scale = ordinal().scale.model_copy(
        update={
            "levels": tuple(
                level.model_copy(update={"level": value})
                for level, value in zip(ordinal().scale.levels, (1, 3, 10), strict=True)
            )
        }
    )
    assert columns(scale, [1, 2, 3, 10]).ravel().tolist() == [0, 0.5, 1, 2]


def test_an_answer_is_a_one_in_its_column():
    assert columns(choice().scale, ["mixed", "cold"]).tolist() == [[0, 1, 0], [1, 0, 0]]
