import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from service.calibration.means import corrected_mean, correlation, labels_only, loo_weights
from service.calibration.sampling import by_probability, equal

NAN = float("nan")


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


def test_a_level_of_people_counts_where_the_machine_gave_none():
    people, machine = judged(40, np.random.default_rng(8))
    whole = corrected_mean(people, machine, machine)
    more = corrected_mean([*people, *[1] * 10], [*machine, *[NAN] * 10], [*machine, *[NAN] * 10])
    assert (more.method, more.n) == ("corrected", 50)
    assert more.value < whole.value - 0.2
    assert labels_only([*people, NAN]).n == 40


def test_the_mean_with_not_applicable_ones_is_what_the_formula_says_written_out():
    people = np.array([3.0, 4, NAN, 5, 2, 4, NAN, 3, 5, 1] * 4)
    machine = np.array([3.0, 4, 1, 5, 3, NAN, NAN, 3, 4, 2] * 4)
    everything = np.concatenate([machine, [3.0, NAN, 4, 4, 2, 5] * 50])
    middle, alone = np.nanmean(everything), np.nanmean(people)
    u, v = np.nan_to_num(people - alone), np.nan_to_num(machine - middle)
    slopes = np.array(
        [np.cov(np.delete(v, i), np.delete(u, i))[0, 1] / np.delete(v, i).var(ddof=1) for i in range(40)]
    )
    value = (np.nansum(people) - slopes @ v) / 32
    terms = np.nan_to_num(people - value) - slopes * v
    controls = np.nan_to_num(everything - middle)
    variance = (
        terms.var(ddof=1) / 40 * (32 / 31) * (39 / 40) + slopes.mean() ** 2 * controls.var(ddof=1) / 340
    )
    half = stats.t.ppf(0.975, 30) * np.sqrt(variance) / 0.8
    found = corrected_mean(people, machine, everything[40:])
    assert (found.value, found.low, found.high) == pytest.approx(
        (value, value - half, value + half), abs=1e-9
    )
    assert (found.method, found.n) == ("corrected", 32)


@pytest.mark.parametrize("overlooked", [0.0, 0.5, 1.0])
def test_levels_that_a_machine_gives_where_nothing_applies_do_not_move_the_mean(overlooked):
    rng = np.random.default_rng(9)
    covered, off = 0, []
    for _ in range(150):
        people, machine = judged(1_500, rng)
        absent = rng.random(1_500) < 0.2
        truth = people[~absent].mean()
        machine[absent] = rng.choice((1.0, 2.0), absent.sum())
        machine[absent & (rng.random(1_500) >= overlooked)] = NAN
        people[absent] = NAN
        drawn = rng.random(1_500) < np.where(machine <= 2, 0.12, 0.05)
        chance = np.where(machine <= 2, 0.12, 0.05)[drawn]
        found = corrected_mean(people[drawn], machine[drawn], machine[~drawn], probability=chance)
        covered += found.low <= truth <= found.high
        off.append(found.value - truth)
    assert covered >= 0.90 * 150
    assert abs(np.mean(off)) < 0.03


@given(st.sampled_from([5.0, 4.0, 66.7, 83.33, 100.0, 0.0]), st.integers(2, 200))
def test_labels_that_are_all_the_same_have_no_interval(level, n):
    found = labels_only([level] * n)
    assert (found.value, found.low, found.high) == (pytest.approx(level), None, None)
    assert "all labels are the same" in found.note


def test_labels_that_differ_in_no_stratum_have_no_interval():
    strata = ["a"] * 7 + ["b"] * 7
    found = corrected_mean(
        [4.4] * 7 + [5.5] * 7, [3] * 14, [3] * 9, strata=strata, unlabelled_strata=["b"] * 9
    )
    assert (found.low, found.high, found.method) == (None, None, "labels_only")


@pytest.mark.parametrize(("times", "plus"), [(1, 1), (1, -0.5), (2, -1)])
def test_a_machine_that_is_always_as_far_off_has_shown_no_mistake_yet(times, plus):
    machine = np.tile([1.0, 2, 3, 4, 5], 12)
    found = corrected_mean(times * machine + plus, machine, np.tile([3.0, 4], 2_000))
    assert (found.method, found.effective_labels) == ("labels_only", 60)
    assert "not one difference" in found.note


def test_no_labels_stand_for_more_than_everything():
    machine = np.tile([1.0, 2, 3, 4, 5], 40)
    people = machine + np.where(np.arange(200) == 0, 1.0, 0.0)
    assert corrected_mean(people, machine, machine[:20]).effective_labels <= 220


@pytest.mark.parametrize(("ones", "cautioned"), [(2, True), (7, True), (8, False), (30, False)])
def test_a_column_with_few_other_levels_comes_with_a_caution(ones, cautioned):
    people = np.array([1.0] * ones + [5.0] * (100 - ones))
    machine = np.where(np.arange(100) % 9 == 1, 6 - people, people)
    for found in (labels_only(people), corrected_mean(people, machine, np.tile(machine, 9))):
        assert ("differ from the most frequent" in (found.note or "")) == cautioned


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
