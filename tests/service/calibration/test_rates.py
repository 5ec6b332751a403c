import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from service.calibration.intervals import wilson_of_share
from service.calibration.rates import (
    Beta,
    among_applicable,
    beta_interval,
    chain,
    corrected_rate,
    labels_only_rate,
    opened,
    split_of,
)

NAN = float("nan")


def answered(n, rng, yes=0.6, right=0.85):
    people = (rng.random(n) < yes) * 1.0
    return people, np.where(rng.random(n) < right, people, 1 - people)


def test_the_chain_rule_of_three_flat_beliefs_worked_by_hand():
    # E[p] = 1/2, E[p²] = 1/3: E[square] = 1/9 + 2 · 1/6 · 1/4 + 1/9 = 11/36, less 1/4: 1/18
    flat = Beta(1, 1)
    assert chain(split_of([1, 1]), [flat, flat]) == pytest.approx((1 / 2, 1 / 18), abs=1e-12)


def test_the_chain_rule_agrees_with_draws_of_the_three_shares():
    rng = np.random.default_rng(1)
    given_yes, after_yes, after_no = Beta(700.5, 300.5), Beta(40.5, 5.5), Beta(8.5, 12.5)
    g, a, b = (rng.beta(*belief, 400_000) for belief in (given_yes, after_yes, after_no))
    draws = g * a + (1 - g) * b
    mean, variance = chain(split_of(given_yes), [after_yes, after_no])
    assert (mean, np.sqrt(variance)) == pytest.approx((draws.mean(), draws.std()), abs=3e-4)
    assert beta_interval(mean, variance) == pytest.approx(np.quantile(draws, (0.025, 0.975)), abs=3e-3)


@given(st.integers(0, 50), st.integers(1, 50))
def test_wilson_is_the_one_of_scipy(yes, more):
    n = yes + more
    low, high = stats.binomtest(yes, n).proportion_ci(method="wilson")
    assert wilson_of_share(yes / n, n) == pytest.approx((low, high), abs=1e-9)


def test_beta_moments_are_those_of_scipy():
    mean, variance = stats.beta.stats(3.5, 8.5)
    assert (Beta(3.5, 8.5).mean, Beta(3.5, 8.5).variance) == pytest.approx((mean, variance), abs=1e-12)


def test_the_rate_is_the_chain_of_what_was_counted():
    people = np.array([1.0] * 14 + [0] * 2 + [1] * 3 + [0] * 11)
    machine = np.array([1.0] * 16 + [0] * 14)
    others = np.array([1.0] * 84 + [0] * 86)
    # machine: 100 yes, 100 no; after yes: 14 of 16; after no: 3 of 14; half a yes and a no more of each
    mean, variance = chain(split_of([100.5, 100.5]), [Beta(14.5, 2.5), Beta(3.5, 11.5)])
    found = corrected_rate(people, machine, others)
    assert (found.value, found.low, found.high) == pytest.approx(
        (mean, *beta_interval(mean, variance)), abs=1e-12
    )
    assert (found.method, found.n) == ("corrected", 30)
    assert found.effective_labels > 30


def test_intervals_cover_the_truth_and_are_narrower_than_wilsons():
    rng = np.random.default_rng(2)
    covered, widths = 0, []
    for _ in range(300):
        people, machine = answered(1_050, rng)
        found = corrected_rate(people[:50], machine[:50], machine[50:])
        alone = labels_only_rate(people[:50])
        covered += found.low <= 0.6 <= found.high
        widths.append((found.high - found.low) / (alone.high - alone.low))
    assert covered >= 0.90 * 300
    assert np.mean(widths) < 0.9


def test_labels_mostly_of_fails_do_not_pull_the_rate_down_when_probabilities_are_known():
    rng = np.random.default_rng(3)
    found = []
    for _ in range(200):
        people, machine = answered(2_000, rng)
        chance = np.where(machine == 0, 0.12, 0.03)
        drawn = rng.random(2_000) < chance
        columns = people[drawn], machine[drawn], machine[~drawn]
        found.append(corrected_rate(*columns, probability=chance[drawn]).value)
    assert np.mean(found) == pytest.approx(0.6, abs=0.015)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 19])
def test_below_twenty_labels_wilson_stands_alone(n):
    found = corrected_rate([1] * n, [1] * n, [0, 1])
    assert found.method == ("labels_only" if n else None)
    assert found.note is not None
    assert (found.low is None) == (n == 0)


@pytest.mark.parametrize("machine", [[1] * 30, [1, 0] * 15, [0, 0, 1] * 10])
def test_a_machine_that_goes_with_nobody_is_left_out(machine):
    found = corrected_rate([1, 1, 0] * 10, machine, [1] * 50)
    assert (found.method, found.value) == ("labels_only", pytest.approx(2 / 3))
    assert "hardly" in found.note


def test_what_is_neither_yes_nor_no_is_refused():
    with pytest.raises(ValueError, match="1 for yes"):
        corrected_rate([2], [1], [1])
    with pytest.raises(ValueError, match="as long as"):
        corrected_rate([1, 0], [1], [1])


def test_a_stratum_without_a_label_leaves_no_figure():
    found = corrected_rate([1], [1], [1], strata=["a"], unlabelled_strata=["b"])
    assert (found.value, found.method, found.note) == (None, None, "no label in stratum b")


def test_where_all_is_applicable_the_applicable_part_divides_like_the_whole():
    whole = split_of([7.5, 3.5, 2.5])
    part = among_applicable(whole, [Beta(1, 0)] * 3)
    assert part.mean == pytest.approx(whole.mean, abs=1e-12)
    assert part.covariance == pytest.approx(whole.covariance, abs=1e-12)


def test_how_the_applicable_part_divides_agrees_with_draws():
    rng = np.random.default_rng(4)
    counts, applies = [400.5, 150.5, 90.5], [Beta(70.5, 4.5), Beta(30.5, 9.5), Beta(3.5, 20.5)]
    g = rng.dirichlet(counts, 200_000)
    whole = g * np.column_stack([rng.beta(*belief, 200_000) for belief in applies])
    draws = whole / whole.sum(axis=1, keepdims=True)
    part = among_applicable(split_of(counts), applies)
    assert part.mean == pytest.approx(draws.mean(axis=0), abs=2e-3)
    assert np.sqrt(np.diag(part.covariance)) == pytest.approx(draws.std(axis=0), rel=0.05)


@pytest.mark.parametrize("overlooked", [0.0, 0.5, 1.0])
def test_answers_that_a_machine_gives_where_nothing_applies_do_not_move_the_rate(overlooked):
    rng = np.random.default_rng(5)
    covered, off = 0, []
    for _ in range(150):
        people, machine = answered(1_500, rng, yes=0.8)
        absent = rng.random(1_500) < 0.2
        truth = people[~absent].mean()
        machine[absent] = np.where(rng.random(absent.sum()) < overlooked, 0.0, NAN)
        people[absent] = NAN
        found = corrected_rate(people[:200], machine[:200], machine[200:])
        covered += found.low <= truth <= found.high
        off.append(found.value - truth)
    assert covered >= 0.90 * 150
    assert abs(np.mean(off)) < 0.01


def test_an_answer_of_people_counts_where_the_machine_gave_none():
    people, machine = [1.0, 1, 0, 1] * 10, [1.0, 1, 0, 1] * 10
    whole = corrected_rate(people, machine, machine)
    more = corrected_rate([*people, *[0] * 10], [*machine, *[NAN] * 10], [*machine, *[NAN] * 10])
    assert (more.method, more.n) == ("corrected", 50)
    assert more.value < whole.value - 0.1
    assert corrected_rate([1, 0, 1, NAN], [NAN] * 4, [1, 0]).n == 3


@pytest.mark.parametrize(("yes", "n"), [(1, 20), (3, 100), (97, 100), (29, 30)])
def test_a_rare_answer_opens_the_interval_to_the_exact_bound_on_its_side(yes, n):
    usual, exact = wilson_of_share(yes / n, n), stats.binomtest(yes, n).proportion_ci(method="exact")
    found = labels_only_rate([1] * yes + [0] * (n - yes))
    wanted = (exact.low, usual[1]) if yes < n / 2 else (usual[0], exact.high)
    assert (found.low, found.high) == pytest.approx(wanted, abs=1e-9)
    assert opened((0.4, 0.6), 0.5, n) == (0.4, 0.6)


@pytest.mark.parametrize(("rate", "n"), [(0.01, 30), (0.005, 100), (0.03, 20)])
def test_intervals_of_rare_rates_cover_the_truth(rate, n):
    rng = np.random.default_rng(6)
    covered = 0
    for _ in range(300):
        people = (rng.random(2_000) < rate) * 1.0
        machine = np.where(people == 1, rng.random(2_000) < 0.7, rng.random(2_000) < 0.1) * 1.0
        found = corrected_rate(people[:n], machine[:n], machine[n:])
        covered += found.low <= rate <= found.high
    assert covered >= 0.95 * 300
