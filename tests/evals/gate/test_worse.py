"""Does the gate notice a loss, and keep quiet about chance?"""

import numpy as np
import pytest

from evals.gate.items import Answers, Item
from evals.gate.judgement import OVERALL
from evals.gate.worse import detectable_change, fewest, losses_of
from service.domain.label import Label
from tests.evals.gate.runs import grade, ordinal, yes_no

HELP, GREETING = ordinal("help"), yes_no("greeting")


def answers(dimension, *given):
    return Answers(tuple(grade(dimension, one) for one in given))


def item(number, said, before, after, dimension=HELP):
    labels = () if said is None else (Label(dimension=dimension.id, rater="r1", level=said),)
    both = (answers(dimension, before), answers(dimension, after))
    return Item(f"c{number}", dimension, labels, *both)


def only(items, alpha=0.05):
    (found,) = losses_of(items, [HELP], alpha)
    return found


def test_the_same_answers_are_no_loss():
    found = only([item(n, 3, 4, 4) for n in range(50)])
    assert (found.change, found.adjusted, found.worse) == (0, 1, False)


def test_a_loss_beyond_chance_is_found():
    found = only([item(n, 3, 3, 1 if n < 20 else 3) for n in range(100)])
    assert found.worse
    assert (found.farther, found.nearer) == (20, 0)
    assert found.change == pytest.approx(0.1)


def test_a_gain_is_no_loss():
    found = only([item(n, 3, 1 if n < 20 else 3, 3) for n in range(100)])
    assert not found.worse
    assert found.nearer == 20


def test_an_answer_that_is_missing_now_is_a_loss():
    assert only([item(n, 3, 3, None if n < 10 else 3) for n in range(40)]).worse


def test_an_answer_that_is_missing_in_both_runs_is_not_measured():
    found = only([item(0, 3, None, None), item(1, 3, 3, 3)])
    assert found.n == 1


def test_what_nobody_labelled_is_not_measured():
    assert losses_of([item(0, None, 3, 1)], [HELP], 0.05) == []


def test_one_flip_among_five_conversations_fails_nothing_and_says_how_many_it_takes():
    found = only([item(n, 3, 3, 1 if n == 0 else 3) for n in range(5)])
    assert not found.worse
    assert found.detectable is not None
    four = only([item(n, 3, 3, 1) for n in range(4)])
    assert not four.worse
    assert four.detectable is None
    assert "it takes 5" in four.note


def test_a_card_of_several_dimensions_is_tested_as_a_whole_too():
    items = [item(n, 3, 3, 1) for n in range(20)]
    items += [item(n, "yes", "yes", "yes", GREETING) for n in range(10)]
    found = {test.dimension: test for test in losses_of(items, [HELP, GREETING], 0.05)}
    assert list(found) == [OVERALL, "help", "greeting"]
    # Half the loss where both dimensions were labelled, all of it where one was: (10 * 1/4 + 10 * 1/2) / 20.
    assert found[OVERALL].change == pytest.approx(0.375)
    assert (found["help"].n, found["greeting"].n) == (20, 10)
    assert found["help"].worse
    assert not found["greeting"].worse


def noisy(rng, truth, wrong):
    """One level off with this probability."""
    return int(np.clip(truth + rng.choice([-1, 1]), 1, 5)) if rng.random() < wrong else int(truth)


def simulated(seed, n, shift):
    """Three dimensions; both runs err alike, but the newer one is harsher on a share of one of them."""
    rng = np.random.default_rng(seed)
    dimensions = [ordinal(name) for name in ("help", "needs", "closing")]
    items = []
    for number in range(n):
        for dimension in dimensions:
            truth = rng.integers(1, 6)
            said, before, after = (noisy(rng, truth, wrong) for wrong in (0.3, 0.3, 0.3))
            if dimension.id == "help" and rng.random() < shift:
                after = max(1, after - 2)
            items.append(item(number, said, before, after, dimension))
    return losses_of(items, dimensions, 0.05)


def test_innocent_changes_seldom_fail():
    alarms = sum(any(test.worse for test in simulated(seed, 60, 0.0)) for seed in range(120))
    # Five of a hundred are what was accepted; 120 tries scatter by two more.
    assert alarms / 120 <= 0.11


def test_a_harsher_judge_on_one_dimension_is_mostly_caught():
    caught = sum(any(test.worse for test in simulated(seed, 100, 0.4)) for seed in range(30))
    assert caught / 30 >= 0.8


def test_the_change_that_is_called_detectable_is_mostly_detected():
    rng = np.random.default_rng(1)
    quiet = rng.choice([-0.25, 0.0, 0.25], 100, p=[0.15, 0.7, 0.15])
    change = detectable_change(quiet, 0.25, 0.05)
    seen = 0
    for seed in range(60):
        again = np.random.default_rng(seed)
        moved = again.random(100) < change / 0.25
        pairs = again.choice(["nearer", "same", "farther"], 100, p=[0.15, 0.7, 0.15])
        ends = {"nearer": (4, 3), "same": (3, 3), "farther": (3, 4)}
        items = [
            item(n, 3, ends[kind][0], ends[kind][1] + int(worse))
            for n, (kind, worse) in enumerate(zip(pairs, moved, strict=True))
        ]
        seen += only(items).worse
    assert seen / 60 >= 0.65


def test_without_any_difference_the_number_of_conversations_limits_what_is_detectable():
    few, many = (detectable_change(np.zeros(n), 0.25, 0.05) for n in (10, 200))
    assert many < few <= 0.25
    assert detectable_change(np.zeros(4), 0.25, 0.05) is None


@pytest.mark.parametrize(("alpha", "needed"), [(0.5, 1), (0.05, 5), (0.03125, 5), (0.01, 7)])
def test_the_fewest_conversations_that_can_fail(alpha, needed):
    assert fewest(alpha) == needed
    assert 0.5**needed <= alpha
