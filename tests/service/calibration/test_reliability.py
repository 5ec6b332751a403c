from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.calibration.applying import calibrated_confidence
from service.calibration.reliability import (
    base_rate,
    calibration_error,
    fit_confidence_map,
    isotonic,
    platt,
    reliability_diagram,
    shrunk,
)


def agreeing(n, rng, slope=1.0, offset=0.0):
    """Raw confidences, and agreements of probability 1 / (1 + exp(-(slope · logit raw + offset)))."""
    raw = rng.uniform(0.05, 0.95, n)
    true = 1 / (1 + np.exp(-(slope * np.log(raw / (1 - raw)) + offset)))
    return raw, (rng.random(n) < true) * 1.0, true


def test_the_base_rate_has_half_a_yes_and_half_a_no_more():
    assert base_rate(np.zeros(3), np.array([1.0, 1, 0]), np.ones(3))(np.array([0.2, 0.9])).tolist() == [
        0.625,
        0.625,
    ]


def test_platts_curve_finds_slope_and_offset():
    raw, agreed, _ = agreeing(20_000, np.random.default_rng(1), slope=0.5, offset=1.0)
    curve = platt(raw, agreed, np.ones(20_000))(np.array([0.2, 0.5, 0.8]))
    expected = 1 / (1 + np.exp(-(0.5 * np.log([0.25, 1, 4]) + 1)))
    assert curve == pytest.approx(expected, abs=0.02)


def test_the_isotonic_curve_pools_what_falls():
    # .2: 0; .4: 1 and .6: 0 fall and become 1/2; .8: 1
    curve = isotonic(np.array([0.2, 0.4, 0.6, 0.8]), np.array([0.0, 1, 0, 1]), np.ones(4))
    assert curve(np.array([0.1, 0.2, 0.3, 0.5, 0.7, 0.9])) == pytest.approx([0, 0, 0.25, 0.5, 0.75, 1])


def test_few_labels_lean_on_the_base_rate():
    # isotonic says 1, the base rate 10.5/11; of 10 labels each counts half
    curve = shrunk(isotonic)(np.full(10, 0.5), np.ones(10), np.ones(10))
    assert curve(np.array([0.5]))[0] == pytest.approx((1 + 10.5 / 11) / 2, abs=1e-12)


def test_an_overconfident_machine_is_brought_down():
    raw, agreed, _ = agreeing(400, np.random.default_rng(2), slope=0.4, offset=-0.5)
    found = fit_confidence_map(raw, agreed)
    assert found.ece_after.value < found.ece_before.value
    assert found.ece_before.low > 0
    assert calibrated_confidence(found, 0.9) < 0.75
    assert calibrated_confidence(found, 0.1) < calibrated_confidence(found, 0.9)
    assert calibrated_confidence(found, 0.0) == calibrated_confidence(found, 0.01)
    assert len(found.reliability) == 10
    assert sum(one.n for one in found.reliability) == 400


def test_the_error_is_the_mean_distance_of_bins_less_what_chance_shows():
    confidence = np.full(40, 0.9)
    found = calibration_error(confidence, np.array([1.0] * 20 + [0] * 20), seed=0)
    # one bin: |.9 - .5| less the mean of |Binomial(40, .9)/40 - .9|, which is about .038
    assert found.value == pytest.approx(0.4 - 0.038, abs=0.003)
    assert 0.2 < found.low < found.value < found.high < 0.6


def test_a_perfect_confidence_has_an_interval_that_holds_zero():
    rng = np.random.default_rng(3)
    holds = 0
    for one in range(100):
        raw, agreed, _ = agreeing(150, rng)
        holds += calibration_error(raw, agreed, one).low == 0.0
    assert holds >= 90


def test_labels_that_were_likelier_to_be_drawn_count_less():
    # A fifth of the grades are fails, wrong in 40 %, and oversampled four times; the others are wrong in 6 %.
    rng = np.random.default_rng(4)
    fails = rng.random(8_000) < 0.2
    right, confidence = rng.random(8_000) > np.where(fails, 0.4, 0.06), rng.beta(6, 2, 8_000)
    chance = np.where(fails, 0.4, 0.1)
    drawn = rng.random(8_000) < chance
    known = np.where(rng.random(8_000) < 0.1, np.nan, chance)
    for probability in (chance, known):
        found = fit_confidence_map(confidence[drawn], right[drawn], probability=probability[drawn])
        stated = np.mean([calibrated_confidence(found, one) for one in confidence])
        assert stated == pytest.approx(right.mean(), abs=0.025)
    plain = fit_confidence_map(confidence[drawn], right[drawn])
    assert np.mean([calibrated_confidence(plain, one) for one in confidence]) < right.mean() - 0.06


def test_equal_probabilities_change_nothing():
    raw, agreed, _ = agreeing(200, np.random.default_rng(5), slope=0.5)
    known = fit_confidence_map(raw, agreed, probability=np.full(200, 0.25))
    plain = fit_confidence_map(raw, agreed)
    assert np.array(known.knots) == pytest.approx(np.array(plain.knots), abs=1e-6)
    assert known.ece_after.value == pytest.approx(plain.ece_after.value, abs=1e-6)


def test_where_all_agree_the_error_is_still_uncertain():
    found = calibration_error(np.full(30, 1.0), np.ones(30), seed=0)
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high > 0.03


def test_bins_hold_about_as_many_and_equal_confidences_stay_together():
    confidence = np.array([0.5] * 50 + [0.6] * 10 + [0.9] * 40)
    bins = reliability_diagram(confidence, np.ones(100))
    assert sum(one.n for one in bins) == 100
    assert len({one.low for one in bins}) == len(bins)
    assert all(earlier.high < later.low for earlier, later in pairwise(bins))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 19])
def test_few_labels_give_a_sentence(n):
    assert "at least 20 are needed" in fit_confidence_map([0.5] * n, [True] * n)


def test_labels_without_a_confidence_do_not_count():
    assert "0 labels" in fit_confidence_map([float("nan")] * 50, [True] * 50)


@pytest.mark.parametrize("agreed", [True, False])
def test_one_confidence_and_one_outcome_only_give_a_flat_map(agreed):
    found = fit_confidence_map([0.7] * 30, [agreed] * 30)
    assert len(found.knots) == 1
    assert calibrated_confidence(found, 0.2) == calibrated_confidence(found, 0.9)
    assert (calibrated_confidence(found, 0.5) > 0.9) == agreed


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(20, 80))
def test_maps_never_fall_stay_within_bounds_and_are_the_same_for_the_same_seed(seed, n):
    rng = np.random.default_rng(seed)
    raw, agreed = rng.choice((0.2, 0.5, 0.55, 0.9, 1.0), n), rng.random(n) < 0.7
    found = fit_confidence_map(raw, agreed, groups=np.arange(n) // 2, seed=seed)
    x, y = zip(*found.knots, strict=True)
    assert list(x) == sorted(set(x))
    assert list(y) == sorted(y)
    assert fit_confidence_map(raw, agreed, groups=np.arange(n) // 2, seed=seed) == found
