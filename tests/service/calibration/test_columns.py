from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.calibration.cases import cases_of
from service.calibration.columns import columns_of, constant_answers
from tests.service.calibration.making import graded, label, two_dimensions

TONE, GREETING = two_dimensions().scorecard.dimensions
SCALE = TONE.scale


def cases(*evaluations):
    return cases_of(TONE, evaluations)


def test_every_column_is_over_the_conversations_where_all_have_an_answer():
    found = columns_of(
        TONE,
        cases(
            graded(0, label("tone", 4), tone=4),
            graded(1, label("tone", 2), tone=None),
            graded(2, label("tone", 3), tone="na"),
            graded(3, tone=5),
            graded(4, label("tone", 5), tone=1),
        ),
        {"learned": {"e0": 3, "e1": 2, "e2": 4}},
    )
    assert found.ids == ("e0", "e2")
    assert found.people == (4, 3)
    assert found.answers["llm"] == (4, "na")
    assert found.answers["learned"] == (3, 4)
    assert found.missing == {"learned": 1, "llm": 1}
    assert len(found.labelled) == 4


def test_labels_that_cannot_be_used_are_counted_not_guessed():
    found = columns_of(
        TONE,
        cases(
            graded(0, label("tone", 9), label("tone", "4", "r2"), label("tone", 3, "r3")),
            graded(1, label("tone", 1), label("tone", 5)),
            graded(2, label("tone", 1, blind=False)),
            graded(3, label("tone", "na"), label("tone", 2, "r2")),
        ),
        {},
    )
    assert (found.off_scale, found.repeated, found.seen, found.tied) == (2, 1, 1, 1)
    assert found.people == (3, 5)


def test_a_column_without_any_answer_here_does_not_empty_the_others():
    found = columns_of(TONE, cases(graded(0, label("tone", 4)), graded(1, label("tone", 2))), {"blend": {}})
    assert set(found.answers) == {"constant", "llm"}


def test_an_answer_that_is_not_on_the_scale_is_no_answer():
    found = columns_of(
        TONE,
        cases(graded(0, label("tone", 4)), graded(1, label("tone", 4))),
        {"learned": {"e0": 7, "e1": 4}},
    )
    assert found.ids == ("e1",)


def test_a_grader_that_is_also_given_as_another_column_keeps_its_own_answers():
    found = columns_of(
        TONE,
        cases(graded(0, label("tone", 4), tone=2), graded(1, label("tone", 4))),
        {"llm": {"e0": 5, "e1": 5}},
    )
    assert found.answers["llm"] == (2, 4)


def test_the_constant_guess_has_not_seen_what_it_is_held_against():
    # One 5 among two 4s: left out with itself the 5 meets a 4, and so do the 4s (of equals the lower).
    assert constant_answers(SCALE, ["a", "b", "c"], [4, 4, 5]) == (4, 4, 4)
    # A single pair: each meets the other.
    assert constant_answers(SCALE, ["a", "b"], [2, 5]) == (5, 2)


answers = st.lists(st.sampled_from([1, 2, 3, 4, 5, "na"]), min_size=2, max_size=60)


@given(answers)
def test_the_constant_guess_on_an_item_does_not_change_with_its_own_answer(people):
    ids = [f"e{k}" for k in range(len(people))]
    before = constant_answers(SCALE, ids, people)
    after = constant_answers(SCALE, ids, [1 if people[0] != 1 else 5, *people[1:]])
    assert after[0] == before[0]


@given(answers)
def test_the_constant_guess_is_nearly_the_most_frequent_answer(people):
    ids = [f"e{k}" for k in range(len(people))]
    counted = Counter(people)
    most = max(counted.values())
    for guess in constant_answers(SCALE, ids, people):
        # A tenth, rounded up, was left out.
        assert counted[guess] >= most - (len(people) + 9) // 10


@given(answers, st.randoms())
def test_the_constant_guess_does_not_depend_on_the_order_of_the_items(people, shuffler):
    ids = [f"e{k}" for k in range(len(people))]
    order = list(range(len(people)))
    shuffler.shuffle(order)
    guesses = constant_answers(SCALE, ids, people)
    shuffled = constant_answers(SCALE, [ids[k] for k in order], [people[k] for k in order])
    assert shuffled == tuple(guesses[k] for k in order)


@pytest.mark.parametrize("evaluations", [(), (graded(0),)])
def test_without_labels_there_are_no_columns(evaluations):
    found = columns_of(TONE, cases(*evaluations), {})
    assert (found.items, found.answers, found.people) == ((), {}, ())
