from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from service.calibration.permutation import (
    detectable_drop,
    holm,
    sign_flip,
    sign_flip_family,
    simulated_power,
)


def test_three_losses_and_nothing_else_are_one_flip_in_eight():
    found = sign_flip([-1, -1, -1, 0, 0])
    assert (found.n, found.mean, found.p_value, found.exact) == (5, -0.6, 0.125, True)
    assert sign_flip([-1, -1, -1], alternative="rise").p_value == 1.0
    assert sign_flip([-1, -1, -1], alternative="change").p_value == 0.25


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=9))
def test_small_samples_are_tried_in_every_flip(differences):
    sums = [sum(s * d for s, d in zip(signs, differences, strict=True)) for signs in flips(len(differences))]
    expected = np.mean([total <= sum(differences) for total in sums])
    assert sign_flip(differences).p_value == pytest.approx(expected, abs=1e-12)


def flips(n):
    return product((-1, 1), repeat=n)


def test_items_of_one_group_are_flipped_together():
    # two groups: only one flip of four is as low
    found = sign_flip([-1, -1, -1, -1], groups=["a", "a", "b", "b"])
    assert (found.n, found.p_value) == (4, 0.25)


def test_a_family_is_adjusted_as_written_out_by_hand():
    matrix = np.array([[-1.0, 0.5], [-2.0, -1.0], [-0.5, 0.2], [-1.5, -2.0]])
    scaled = matrix / np.sqrt((matrix**2).sum(axis=0))
    drops = np.array([-(np.array(signs) @ scaled) for signs in flips(4)])
    seen = -scaled.sum(axis=0)
    first, second = np.argsort(-seen)
    largest = np.mean(drops.max(axis=1) >= seen[first] - 1e-9)
    rest = np.mean(drops[:, second] >= seen[second] - 1e-9)
    found = sign_flip_family(matrix)
    assert found[first].adjusted == pytest.approx(largest, abs=1e-12)
    assert found[second].adjusted == pytest.approx(max(largest, rest), abs=1e-12)


def test_a_measure_that_some_items_lack_is_tested_on_the_others():
    nan = float("nan")
    alone, with_gaps = sign_flip_family([[-1, -1], [-1, nan], [-1, -1], [-1, nan]])
    assert (alone.n, with_gaps.n, with_gaps.p_value) == (4, 2, 0.25)
    assert alone.adjusted <= with_gaps.adjusted


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 40))
def test_adjusting_never_makes_anything_more_certain(seed, measures, items):
    matrix = np.random.default_rng(seed).choice((-1.0, 0.0, 1.0), (items, measures))
    found = sign_flip_family(matrix, seed=seed, flips=500)
    for one in found:
        assert 0 < one.p_value <= one.adjusted <= 1
    assert sign_flip_family(matrix, seed=seed, flips=500) == found


def test_random_flips_agree_with_the_normal_limit_whether_or_not_rows_are_alike():
    rng = np.random.default_rng(1)
    for differences in (rng.normal(-0.1, 1, 400), rng.choice((-1.0, 0.0, 1.0), 400, p=(0.3, 0.5, 0.2))):
        found = sign_flip(differences)
        z = differences.sum() / np.sqrt((differences**2).sum())
        assert not found.exact
        assert found.p_value == pytest.approx(stats.norm.cdf(z), abs=0.02)


def test_false_alarms_are_as_rare_as_promised_and_eight_measures_do_not_make_them_frequent():
    rng = np.random.default_rng(2)
    single, family = 0, 0
    for one in range(300):
        matrix = rng.choice((-1.0, 0.0, 1.0), (40, 8), p=(0.2, 0.6, 0.2))
        found = sign_flip_family(matrix, seed=one, flips=400)
        single += found[0].p_value <= 0.05
        family += min(test.adjusted for test in found) <= 0.05
    assert single <= 0.09 * 300
    assert family <= 0.09 * 300


@pytest.mark.parametrize("differences", [[], [0, 0], [float("nan")]])
def test_where_nothing_differs_nothing_is_found(differences):
    assert sign_flip(differences).p_value == 1.0


def test_holm_multiplies_the_smallest_by_how_many_there_are():
    # .01 · 3, .03 · 2, .04 · 1 but not below the one before
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([]) == ()
    assert holm([0.9, 0.8]) == (1.0, 1.0)


def test_the_drop_that_can_be_seen_shrinks_with_the_root_of_the_items():
    t = stats.t.ppf(0.95, 99) + stats.t.ppf(0.8, 99)
    assert detectable_drop(0.6, 100) == pytest.approx(t * 0.06, abs=1e-9)
    assert detectable_drop(0.6, 400) < detectable_drop(0.6, 100)


@pytest.mark.parametrize(("sd", "n"), [(0.6, 0), (0.6, 1), (0.6, 4), (0.0, 100), (float("nan"), 100)])
def test_where_no_drop_can_be_shown_none_is_named(sd, n):
    assert detectable_drop(sd, n) is None


def test_power_grows_with_the_drop_and_stays_at_the_level_without_one():
    differences = np.array([1.0, -1.0] * 18 + [0.0] * 64)
    none, small, large = (simulated_power(differences, drop, replicates=100) for drop in (0.0, 0.1, 0.3))
    assert none <= 0.15
    assert none < small < large
    assert large > 0.9
    assert simulated_power([], 0.1) == 0.0
    with pytest.raises(ValueError, match="one step"):
        simulated_power(differences, 1.5)
