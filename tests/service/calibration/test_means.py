import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from service.calibration.means import corrected_mean, correlation, labels_only, loo_weights
from service.calibration.sampling import by_probability, equal


def judged(n, rng, noise=0.6, bias=0.3):
    people = rng.choice(np.arange(1.0, 6.0), n, p=(0.05, 0.1, 0.25, 0.38, 0.22))
    return people, np.clip(np.round(people + bias + rng.normal(0, noise, n)), 1, 5)


def test_each_weight_is_the_slope_of_the_other_labels():
    # without the first: (1, 2), (3, 6); without the second: (0, 1), (3, 6); without the third: (0, 1), (1, 2)
    weights = loo_weights(np.array([1.0, 2.0, 6.0]), np.array([0.0, 1.0, 3.0]), equal(3))
    assert weights == pytest.approx([2, 5 / 3, 1], abs=1e-12)


def test_weights_of_unequal_labels_are_those_of_weighted_fits():
    rng = np.random.default_rng(1)
    people, machine = judged(25, rng)
    chance = rng.choice((0.1, 0.4, 1.0), 25)
    weights = loo_weights(people, machine, by_probability(chance))
    for left_out in range(25):
        y, x, w = (np.delete(column, left_out) for column in (people, machine, 1 / chance))
        slope = np.polynomial.polynomial.polyfit(x, y, 1, w=np.sqrt(w))[1]
        assert weights[left_out] == pytest.approx(slope, abs=1e-9)


def test_the_mean_is_what_the_formula_says_written_out():
    rng = np.random.default_rng(2)
    people, machine = judged(24, rng)
    others = judged(500, rng)[1]
    everything = np.concatenate([machine, others])
    terms = []
    for i in range(24):
        y, x = np.delete(people, i), np.delete(machine, i)
        slope = np.cov(x, y)[0, 1] / x.var(ddof=1)
        terms.append((people[i] - slope * (machine[i] - everything.mean()), slope))
    values, slopes = np.array(terms).T
    variance = values.var(ddof=1) / 24 + slopes.mean() ** 2 * everything.var(ddof=1) / 524
    half = stats.t.ppf(0.975, 22) * np.sqrt(variance)
    found = corrected_mean(people, machine, others)
    assert found.method == "corrected"
    assert (found.value, found.low, found.high, found.weight) == pytest.approx(
        (values.mean(), values.mean() - half, values.mean() + half, slopes.mean()), abs=1e-9
    )
    assert found.effective_labels == pytest.approx(people.var(ddof=1) / variance, abs=1e-9)


def test_labels_alone_have_the_t_interval():
    found = labels_only([1, 2, 4, float("nan")])
    low, high = stats.t.interval(0.95, 2, 7 / 3, np.sqrt(7 / 9))
    assert (found.value, found.low, found.high) == pytest.approx((7 / 3, low, high), abs=1e-9)
    assert (found.n, found.method, found.note) == (3, "labels_only", None)


def test_intervals_cover_the_truth_and_are_narrower_than_those_of_labels():
    rng = np.random.default_rng(3)
    covered, narrower = 0, 0
    for _ in range(300):
        people, machine = judged(640, rng)
        found = corrected_mean(people[:40], machine[:40], machine[40:])
        alone = labels_only(people[:40])
        covered += found.low <= 3.62 <= found.high
        narrower += found.high - found.low < alone.high - alone.low
    assert covered >= 0.90 * 300
    assert narrower >= 0.95 * 300


def test_labels_mostly_of_low_grades_do_not_pull_the_mean_down_when_probabilities_are_known():
    rng = np.random.default_rng(4)
    plain, weighed = [], []
    for _ in range(200):
        people, machine = judged(2_000, rng)
        chance = np.where(machine <= 3, 0.12, 0.04)
        drawn = rng.random(2_000) < chance
        plain.append(labels_only(people[drawn]).value)
        columns = people[drawn], machine[drawn], machine[~drawn]
        weighed.append(corrected_mean(*columns, probability=chance[drawn]).value)
    assert np.mean(plain) < 3.4
    assert np.mean(weighed) == pytest.approx(3.62, abs=0.02)


def test_strata_with_known_shares_give_the_post_stratified_mean():
    rng = np.random.default_rng(5)
    people, machine = judged(60, rng)
    strata = ["a"] * 30 + ["b"] * 30
    others = judged(1_000, rng)[1]
    of_others = ["a"] * 900 + ["b"] * 100
    found = corrected_mean(people, machine, others, strata=strata, unlabelled_strata=of_others)
    assert found.method == "corrected"
    assert found.low < found.value < found.high
    assert (
        corrected_mean(people, machine, others, strata=strata, unlabelled_strata=["c"] * 1_000).value is None
    )


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        (np.full(30, 4.0), "hardly go with"),
        (np.tile([5.0, 4, 3, 2, 1], 6), "hardly go with"),
        (np.tile([1.0, 2, 3, 4, 5], 6), "not one difference"),
    ],
)
def test_a_machine_that_cannot_help_is_left_out_and_that_is_said(machine, said):
    people = np.tile([1.0, 2, 3, 4, 5], 6)
    found = corrected_mean(people, machine, np.full(100, 4.0))
    assert (found.method, found.value, found.weight) == ("labels_only", 3.0, 0.0)
    assert said in found.note


def test_below_twenty_labels_and_without_other_grades_the_labels_stand_alone():
    people, machine = judged(30, np.random.default_rng(6))
    assert "fewer than 20" in corrected_mean(people[:19], machine[:19], machine).note
    assert "nothing is graded" in corrected_mean(people, machine, []).note


@pytest.mark.parametrize(("people", "said"), [([], "no labels"), ([3], "one label"), ([3, 3], "the same")])
def test_where_no_interval_can_be_had_there_is_a_sentence(people, said):
    found = corrected_mean(people, people, [1, 2, 3])
    assert (found.low, found.high, found.n) == (None, None, len(people))
    assert said in found.note


def test_labels_that_weigh_very_unequally_come_with_a_warning():
    people, machine = judged(60, np.random.default_rng(7))
    found = corrected_mean(people, machine, machine, probability=[0.9] * 55 + [0.01] * 5)
    assert "too narrow" in found.note


def test_missing_numbers_are_left_out_on_either_side():
    people, machine = judged(40, np.random.default_rng(8))
    whole = corrected_mean(people, machine, machine)
    gaps = corrected_mean([*people, float("nan"), 3], [*machine, 3, float("nan")], [*machine, float("nan")])
    assert gaps == whole


def test_columns_of_unlike_length_are_refused():
    with pytest.raises(ValueError, match="as long as"):
        corrected_mean([1, 2], [1], [1])


def test_correlation_is_within_strata_and_nothing_where_one_side_never_varies():
    x = np.array([1.0, 2, 3, 4])
    assert correlation(x, 2 * x, equal(4)) == pytest.approx(1.0)
    assert correlation(x, np.ones(4), equal(4)) == 0.0


@given(st.integers(0, 2**32 - 1), st.integers(20, 60), st.floats(-3, 3))
def test_moving_the_machine_by_a_constant_changes_nothing(seed, n, by):
    people, machine = judged(n + 50, np.random.default_rng(seed))
    here = corrected_mean(people[:n], machine[:n], machine[n:])
    there = corrected_mean(people[:n], machine[:n] + by, machine[n:] + by)
    assert there.value == pytest.approx(here.value, abs=1e-6)
