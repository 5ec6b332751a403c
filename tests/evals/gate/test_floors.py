"""Cases that must never fail."""

import pytest

from evals.gate.floors import floors_of
from service.domain.errors import InvalidInput
from tests.evals.gate.runs import card, conversation, evaluation, ordinal, run, yes_no

CARD = card(ordinal("help"), yes_no("greeting"))


def graded(*answers, dimension="help", floor=3, name="a"):
    evaluations = [evaluation(CARD, {dimension: answer}) for answer in answers]
    return run([conversation(name, evaluations, floors={dimension: floor})], CARD)


@pytest.mark.parametrize(
    ("answer", "broken"), [(2, True), (3, False), (5, False), (None, True), ("na", True)]
)
def test_a_floor_breaks_below_its_level_or_without_one(answer, broken):
    (floor,) = floors_of(graded(answer))
    assert floor.broken is broken


def test_one_repeat_below_the_floor_breaks_it():
    (floor,) = floors_of(graded(4, 2, 4))
    assert floor.broken
    assert "2 in 1 of 3 repeats" in floor.why


def test_points_decide_and_not_the_order_of_words():
    (floor,) = floors_of(graded("no", dimension="greeting", floor="yes"))
    assert floor.broken


def test_a_floor_that_was_broken_before_is_still_broken():
    (floor,) = floors_of(graded(1), graded(2))
    assert floor.broken
    assert floor.before
    (better,) = floors_of(graded(3), graded(2))
    assert not better.broken


def test_a_case_that_was_not_graded_breaks_its_floor():
    left_out = run([conversation("a", floors={"help": 3})], CARD)
    (floor,) = floors_of(left_out)
    assert floor.broken
    assert "left out" in floor.why


def test_a_case_that_is_gone_from_the_newer_run_breaks_its_floor():
    (floor,) = floors_of(run([], CARD), graded(4))
    assert (floor.conversation, floor.broken) == ("a", True)


@pytest.mark.parametrize(("dimension", "floor"), [("gone", 3), ("help", 9)])
def test_a_floor_that_could_never_fail_is_bad_input(dimension, floor):
    bad = run([conversation("a", [evaluation(CARD, {"help": 4})], floors={dimension: floor})], CARD)
    with pytest.raises(InvalidInput, match="would never fail"):
        floors_of(bad)


def test_another_scorecard_that_was_asked_for_may_lack_a_dimension_with_floors():
    bad = run([conversation("a", [evaluation(CARD, {"help": 4})], floors={"gone": 3})], CARD)
    assert floors_of(bad, other_scorecards=True) == []
