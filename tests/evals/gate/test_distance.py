"""How far an answer is from people's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.gate.distance import distance, mean_distance, step
from service.domain.label import Label
from tests.evals.gate.runs import ordinal, yes_no

FIVE = ordinal("help").scale
YES = yes_no("greeting").scale
answers = st.sampled_from([1, 2, 3, 4, 5, "na", None])


@given(st.sampled_from([1, 2, 3, 4, 5, "na"]), answers)
def test_distances_lie_between_0_and_1_and_only_the_same_answer_has_none(said, answer):
    found = distance(FIVE, said, answer)
    assert 0 <= found <= 1
    assert (found == 0) == (said == answer)


@given(st.sampled_from([1, 2, 3, 4, 5]), st.sampled_from([1, 2, 3, 4, 5]))
def test_levels_are_as_far_one_way_as_the_other(one, other):
    assert distance(FIVE, one, other) == distance(FIVE, other, one) == abs(one - other) / 4


@pytest.mark.parametrize(("said", "answer"), [(3, "na"), ("na", 3), (3, None), ("na", None), (3, 9)])
def test_no_grade_and_not_applicable_are_as_far_as_can_be(said, answer):
    assert distance(FIVE, said, answer) == 1


def test_without_an_order_any_other_answer_is_as_far():
    assert distance(YES, "yes", "no") == 1
    assert step(YES) == 1
    assert step(FIVE) == 0.25


def test_the_mean_is_over_all_people_and_all_repeats():
    labels = [Label(dimension="help", rater=rater, level=level) for rater, level in (("a", 1), ("b", 5))]
    # |1 - 1|, |1 - 3|, |5 - 1|, |5 - 3| in quarters: 0, 2, 4, 2.
    assert mean_distance(FIVE, labels, [1, 3]) == pytest.approx(8 / 16)
