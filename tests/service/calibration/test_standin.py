from itertools import pairwise
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from service.calibration.standin import benjamini_yekutieli, stand_in
from service.domain.agreement import StandIn
from service.domain.scorecard import Scale
from tests.service.calibration.making import FIVE, label
from tests.service.cards import YES_NO

SCALE = Scale.model_validate(FIVE)
ANSWERS = Scale.model_validate(YES_NO)


def drawn(n, raters=3, spread=0.8, seed=5):
    """True levels of n items, and what raters and a machine who err by chance make of them."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(1, 6, n)
    columns = np.clip(np.rint(truth + generator.normal(0, spread, (raters + 1, n))), 1, 5).astype(int)
    items = [[label("tone", int(columns[r, k]), f"r{r}") for r in range(raters)] for k in range(n)]
    return items, columns[raters].tolist(), truth.tolist()


def from_the_paper(items, answers, epsilon):
    """Winning rate and advantage step by step: −RMSE, a t test for each rater, Benjamini–Yekutieli."""
    p_values, advantages = [], []
    for rater in sorted({one.rater for item in items for one in item}):
        machine_held, person_held = [], []
        for item, answer in zip(items, answers, strict=True):
            own = next(one.level for one in item if one.rater == rater)
            others = [one.level for one in item if one.rater != rater]
            machine = -(fmean((answer - other) ** 2 for other in others) ** 0.5)
            person = -(fmean((own - other) ** 2 for other in others) ** 0.5)
            machine_held.append(machine >= person)
            person_held.append(person >= machine)
        differences = np.array(person_held, float) - np.array(machine_held, float)
        p_values.append(stats.ttest_1samp(differences, epsilon, alternative="less").pvalue)
        advantages.append(fmean(machine_held))
    rejected = stats.false_discovery_control(p_values, method="by") <= 0.05
    return float(rejected.mean()), fmean(advantages)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("epsilon", [0.1, 0.15, 0.2])
def test_the_result_is_what_the_paper_gives_step_by_step(seed, epsilon):
    items, answers, _ = drawn(60, raters=4, seed=seed)
    found = stand_in(SCALE, items, answers, epsilon=epsilon)
    winning_rate, advantage = from_the_paper(items, answers, epsilon)
    assert found.winning_rate == pytest.approx(winning_rate)
    assert found.advantage.value == pytest.approx(advantage, abs=1e-9)
    assert found.passes == (winning_rate >= 0.5)
    assert found.advantage.low < advantage < found.advantage.high


def test_a_machine_that_gives_the_truth_may_stand_in():
    items, _, truth = drawn(80)
    found = stand_in(SCALE, items, truth)
    assert (found.raters, found.items, found.winning_rate, found.passes) == (3, 80, 1.0, True)


def test_a_machine_that_guesses_may_not():
    items, _, _ = drawn(80)
    found = stand_in(SCALE, items, [1 + k % 5 for k in range(80)])
    assert (found.winning_rate, found.passes) == (0.0, False)


def test_a_machine_that_says_exactly_what_all_people_say_wins_without_a_spread():
    items = [[label("tone", 1 + k % 5, f"r{r}") for r in range(3)] for k in range(30)]
    found = stand_in(SCALE, items, [1 + k % 5 for k in range(30)])
    assert (found.winning_rate, found.advantage.value, found.advantage.low) == (1.0, 1.0, None)
    assert found.advantage.note


def test_without_an_order_the_share_of_the_same_answers_counts():
    items = [
        [label("greeting", "yes" if (k + r) % 4 else "no", f"r{r}") for r in range(3)] for k in range(40)
    ]
    found = stand_in(ANSWERS, items, ["yes"] * 40)
    assert isinstance(found, StandIn)
    # r0 says no where k % 4 = 0; the others then say yes: the machine holds its own everywhere.
    assert found.advantage.value == pytest.approx(1.0)


def test_not_applicable_is_as_far_from_a_level_as_the_scale_is_long():
    items, _, truth = drawn(40)
    absent = stand_in(SCALE, items, ["na"] * 40)
    assert absent.passes is False
    assert absent.advantage.value < stand_in(SCALE, items, truth).advantage.value


@pytest.mark.parametrize(("people", "n"), [(2, 60), (3, 29), (1, 60)])
def test_too_few_people_or_items_are_a_sentence(people, n):
    items, answers, _ = drawn(n, raters=people)
    found = stand_in(SCALE, items, answers)
    assert isinstance(found, str)
    assert "it takes 3 people who graded 30 conversations each" in found


def test_a_rater_of_few_items_is_still_one_of_the_others():
    items, answers, _ = drawn(40)
    more = [[*item, label("tone", 3, "guest")] if k < 10 else item for k, item in enumerate(items)]
    found = stand_in(SCALE, more, answers)
    assert found.raters == 3
    assert found.advantage != stand_in(SCALE, items, answers).advantage


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_false_discoveries_are_held_as_scipy_holds_them(p_values):
    adjusted = stats.false_discovery_control(p_values, method="by")
    for rejected, p_value in zip(benjamini_yekutieli(p_values, 0.05), adjusted, strict=True):
        if abs(p_value - 0.05) > 1e-9:
            assert rejected == (p_value < 0.05)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=12))
def test_of_two_p_values_the_smaller_is_rejected_first(p_values):
    rejected = [r for _, r in sorted(zip(p_values, benjamini_yekutieli(p_values, 0.05), strict=True))]
    ordered = sorted(p_values)
    for (one, two), (low, high) in zip(pairwise(rejected), pairwise(ordered), strict=True):
        assert low == high or one >= two


def test_a_machine_that_abstains_is_farther_off_than_a_person_who_misses_by_three():
    items = [[label("tone", level, f"r{r}") for r, level in enumerate((1, 4, 4))] for _ in range(30)]
    found = stand_in(SCALE, items, ["na"] * 30)
    # Three off from both others against the whole length of four: nearer than none of the raters.
    assert found.advantage.value == 0


def test_conversations_that_one_person_labelled_alone_say_nothing():
    items, answers, _ = drawn(40)
    alone = [[label("tone", 3, f"r{k % 3}")] for k in range(60)]
    assert stand_in(SCALE, items + alone, answers + [3] * 60) == stand_in(SCALE, items, answers)
