import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from service.calibration.applying import expected_level
from service.calibration.mapping import fit_score_map, kappa, nearest, ordinal, shift
from service.domain.grade import Grade, Verdict
from service.domain.scorecard import Dimension
from tests.service.cards import dimension

LEVELS = [1, 2, 3, 4, 5]
SCALE = np.array([1.0, 2.0, 3.0])


def judged(n, rng, bias):
    people = rng.choice(np.arange(1.0, 6.0), n, p=(0.05, 0.1, 0.25, 0.38, 0.22))
    return np.clip(np.round(people + bias + rng.normal(0, 0.6, n)), 1, 5), people


def test_a_shift_moves_every_level_by_the_mean_difference_within_the_scale():
    # (1 + 2 + 2) - (1 + 1 + 1) over 3: 2/3
    moved = shift(SCALE, np.array([1.0, 1, 1]), np.array([1.0, 2, 2]))
    assert moved == pytest.approx([5 / 3, 8 / 3, 3], abs=1e-12)


def test_the_ordinal_map_pools_levels_that_fall_worked_by_hand():
    machine, people = np.array([1.0, 1, 2, 3]), np.array([3.0, 3, 1, 3])
    # the shift is .75: 1.75, 2.75, 3; with two labels more there: 9.5 of 4, 6.5 of 3, 9 of 3; pooled 16 of 7
    assert ordinal(SCALE, machine, people) == pytest.approx([16 / 7, 16 / 7, 3], abs=1e-9)


def test_kappa_of_columns_is_the_quadratic_weighted_one():
    rng = np.random.default_rng(1)
    machine, people = judged(200, rng, -0.4)
    expected = cohen_kappa_score(machine, people, weights="quadratic")
    assert kappa(machine, people) == pytest.approx(expected, abs=1e-9)
    assert kappa(people, people) == 1.0


def test_a_good_judge_is_left_alone():
    machine, people = judged(100, np.random.default_rng(2), 0.1)
    found = fit_score_map(LEVELS, machine, people)
    assert (found.kind, found.expected) == ("identity", (1, 2, 3, 4, 5))
    assert set(found.cv_mae) == {"identity", "shift", "ordinal"}
    assert "stay as they are" in found.gate


def test_a_judge_who_is_a_level_too_harsh_is_moved():
    machine, people = judged(100, np.random.default_rng(3), -1.0)
    found = fit_score_map(LEVELS, machine, people)
    assert found.kind != "identity"
    assert found.cv_mae[found.kind] < 0.8 * found.cv_mae["identity"]
    mapped = nearest(np.array(LEVELS, float), np.array(found.expected))[machine.astype(int) - 1]
    assert kappa(mapped, people) > kappa(machine, people)


def test_scales_with_gaps_keep_their_own_numbers():
    rng = np.random.default_rng(4)
    people = rng.choice((0.0, 50.0, 100.0), 60)
    machine = np.maximum(people - 50, 0)
    found = fit_score_map([0, 50, 100], machine, people, groups=np.arange(60) // 2)
    assert found.kind != "identity"
    assert all(0 <= level <= 100 for level in found.expected)
    levels = [{"level": n, "points": n / 100, "anchor": "-"} for n in (0, 50, 100)]
    asked = Dimension.model_validate(dimension("it", scale={"type": "ordinal", "levels": levels}))
    grade = Grade.of(asked, "all", Verdict(level=50, rationale="-"), "llm")
    assert expected_level(found, asked, grade) == pytest.approx(found.expected[1], abs=0.0005)


@pytest.mark.parametrize("n", [0, 1, 3, 19])
def test_few_labels_give_a_sentence(n):
    assert "at least 20" in fit_score_map(LEVELS, [3] * n, [3] * n)


def test_labels_of_one_conversation_cannot_be_held_out():
    assert "one group" in fit_score_map(LEVELS, [3] * 30, [3] * 30, groups=["a"] * 30)


@pytest.mark.parametrize(("machine", "people"), [(3, 3), (3, 5), (1, 5)])
def test_a_machine_that_always_says_the_same_gets_a_map_of_the_same_direction(machine, people):
    found = fit_score_map(LEVELS, [machine] * 40, [people] * 40)
    assert sorted(found.expected) == list(found.expected)


def test_a_level_that_is_not_on_the_scale_is_refused():
    with pytest.raises(ValueError, match="on the scale"):
        fit_score_map(LEVELS, [6] * 30, [5] * 30)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(20, 60), st.floats(-2, 2))
def test_maps_never_fall_never_leave_the_scale_and_are_the_same_for_the_same_seed(seed, n, bias):
    machine, people = judged(n, np.random.default_rng(seed), bias)
    found = fit_score_map(LEVELS, machine, people, seed=seed)
    assert sorted(found.expected) == list(found.expected)
    assert 1 <= found.expected[0] <= found.expected[-1] <= 5
    assert fit_score_map(LEVELS, machine, people, seed=seed) == found
