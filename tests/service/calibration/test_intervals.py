import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from service.calibration.intervals import (
    jackknife_error,
    of_coefficient,
    of_mean,
    student_t,
    wilson,
    without_each,
)


def test_wilson_is_what_the_formula_gives_by_hand():
    # 8 of 10, z² = 3.8415: middle .8 + .19207 = .99207, spread 1.95996·√(.016 + .0096037) = .31362,
    # both over 1.38415: .4902 and .9433.
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_wilson_does_not_claim_certainty_when_nothing_leaked():
    low, high = wilson(0, 20)
    assert low == 0
    # z² / (n + z²)
    assert high == pytest.approx(3.8415 / 23.8415, abs=1e-4)


def test_wilson_of_nothing_is_nothing():
    assert wilson(0, 0) is None


@given(st.integers(1, 400), st.data())
def test_wilson_is_the_interval_of_scipy(trials, data):
    successes = data.draw(st.integers(0, trials))
    theirs = stats.binomtest(successes, trials).proportion_ci(method="wilson")
    assert wilson(successes, trials) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_the_jackknife_of_a_mean_is_its_standard_error():
    # 1, 2, 3, 6: mean 3, sum of squares 4 + 1 + 0 + 9 = 14, s² = 14 / 3, s/√n = √(14 / 12).
    assert jackknife_error(without_each([1, 2, 3, 6])) == pytest.approx(math.sqrt(14 / 12), abs=1e-12)


def test_the_interval_of_a_mean_is_students():
    numbers = [1.0, 2.0, 3.0, 6.0]
    theirs = stats.t.interval(0.95, 3, loc=3, scale=stats.sem(numbers))
    assert of_mean(3, without_each(numbers)) == pytest.approx(theirs, abs=1e-9)


def test_the_interval_of_a_mean_stays_within_its_bounds():
    low, high = of_mean(0.9, without_each([1, 1, 1, 1, 0.5]), 0, 1)
    assert low > 0
    assert high == 1


def test_the_interval_of_a_coefficient_is_symmetric_on_fishers_scale_and_ends_before_1():
    low, high = of_coefficient(0.8, without_each([0.6, 0.7, 0.9, 1.0]))
    assert high < 1
    assert math.atanh(high) - math.atanh(0.8) == pytest.approx(math.atanh(0.8) - math.atanh(low))
    # Differences ±.2, ±.1 from .8: s² = .1 / 3 / 4, so s = .09129; t(3) = 3.18245; 1 − .64 = .36.
    assert math.atanh(high) - math.atanh(0.8) == pytest.approx(3.18245 * 0.09129 / 0.36, abs=1e-4)


@pytest.mark.parametrize("left_out", [[0.5], [0.5, 0.5, 0.5], [0.5, math.nan, 0.4]])
def test_no_interval_comes_from_one_item_from_no_difference_or_from_an_undefined_figure(left_out):
    assert of_mean(0.5, np.array(left_out)) is None
    assert of_coefficient(0.5, np.array(left_out)) is None


def test_a_perfect_coefficient_has_no_interval():
    assert of_coefficient(1.0, np.array([1.0, 0.9, 1.0])) is None


@given(st.integers(1, 500))
def test_students_t_is_that_of_scipy(freedom):
    assert student_t(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), abs=1e-9)
