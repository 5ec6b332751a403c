import random

import numpy as np
import pytest

from service.domain.scorecard import Scale
from service.grading.learned.blend import MachineAnswer, blend, blended
from service.grading.learned.prediction import Prediction
from tests.service.grading.learned.corpora import choice, ordinal, yes_no


def five_levels() -> Scale:
    levels = [{"level": x, "points": (x - 1) / 4, "anchor": "-"} for x in range(1, 6)]
    return Scale.model_validate({"type": "ordinal", "levels": levels})


def at_most(low: float, x: float, high: float) -> float:
    return min(max(x, low), high)


def sides(number: int, machine_noise: float, learned_noise: float, bias: float = 0.0, seed: int = 0):
    """People's levels 1 to 5, and two sides that see them through noise."""
    rng = random.Random(seed)
    people = [rng.choice([1, 2, 3, 3, 4, 4, 5]) for _ in range(number)]
    machine = [MachineAnswer(round(at_most(1, p + bias + rng.gauss(0, machine_noise), 5))) for p in people]
    expected = [at_most(1, p + rng.gauss(0, learned_noise), 5) for p in people]
    return machine, [Prediction(round(e), 0.5, (0.2,) * 5, e) for e in expected], people


def test_two_sides_that_err_apart_are_better_together():
    machine, learned, people = sides(200, 1.0, 1.0)
    found = blend(five_levels(), machine, learned, people)
    assert found.wins
    assert found.losses["blend"] < min(found.losses["machine"], found.losses["learned"])
    assert 0.2 < found.weights[0] < 0.8
    assert sum(found.weights[:2]) == pytest.approx(1)
    assert "used: it is better than" in found.gate


def test_a_side_that_is_right_is_left_alone():
    machine, learned, people = sides(200, 0.0, 1.5)
    found = blend(five_levels(), machine, learned, people)
    assert not found.wins
    assert found.weights[0] == 1.0
    assert found.gate.startswith("is not used: it is not clearly better than the grader alone")


def test_a_machine_that_is_only_harsh_needs_a_shift_and_no_blend():
    machine, learned, people = sides(200, 0.0, 3.0, bias=-1.0)
    found = blend(five_levels(), machine, learned, people)
    assert not found.wins
    assert "shifted" in found.gate


@pytest.mark.parametrize("seed", range(5))
def test_noise_beside_a_fair_machine_does_no_harm(seed):
    machine, _, people = sides(80, 0.7, 1.0, seed=seed)
    _, noise, _ = sides(80, 1.0, 1.0, seed=seed + 100)
    found = blend(five_levels(), machine, noise, people)
    levels = np.array(found.held_out, dtype=float)
    alone = np.mean([abs(answer.level - p) for answer, p in zip(machine, people, strict=True)])
    assert not found.wins or np.mean(np.abs(levels - people)) <= alone


def test_what_a_blend_says_of_a_conversation_does_not_hang_on_its_label():
    machine, learned, people = sides(60, 1.0, 1.0)
    before = blend(five_levels(), machine, learned, people)
    for at in range(0, 60, 7):
        changed = [6 - p if at == other else p for other, p in enumerate(people)]
        assert blend(five_levels(), machine, learned, changed).held_out[at] == before.held_out[at]


def test_the_same_labels_give_the_same_blend():
    assert blend(five_levels(), *sides(60, 1, 1)) == blend(five_levels(), *sides(60, 1, 1))


@pytest.mark.parametrize("number", [0, 1, 49])
def test_too_few_labels_give_a_sentence_and_no_weights(number):
    found = blend(five_levels(), *sides(number, 1, 1))
    assert (found.weights, found.wins, found.losses) == ((), False, {})
    assert found.gate == f"{number} conversations have a level from all three; a blend takes 50"
    assert found.held_out == (None,) * number


def test_conversations_without_a_level_on_one_side_are_left_out():
    machine, learned, people = sides(60, 1, 1)
    machine[3], learned[5], people[7] = MachineAnswer("na"), None, "na"
    found = blend(five_levels(), machine, learned, people)
    assert found.n == 57
    assert [at for at, level in enumerate(found.held_out) if level is None] == [3, 5, 7]


def answers(number: int, scale: Scale, seed: int = 0):
    rng = random.Random(seed)
    levels = [level.level for level in scale.levels]
    people = [rng.choice(levels) for _ in range(number)]
    machine = [MachineAnswer(p if rng.random() < 0.7 else rng.choice(levels), confidence=0.7) for p in people]
    learned = []
    for p in people:
        guess = p if rng.random() < 0.7 else rng.choice(levels)
        shares = tuple(0.7 if level == guess else 0.3 / (len(levels) - 1) for level in levels)
        learned.append(Prediction(guess, 0.7, shares))
    return machine, learned, people


@pytest.mark.parametrize("scale", [yes_no().scale, choice().scale])
def test_answers_without_an_order_are_blended_by_their_probabilities(scale):
    machine, learned, people = answers(200, scale)
    found = blend(scale, machine, learned, people)
    assert found.wins
    assert len(found.weights) == 2
    assert set(found.held_out) <= {level.level for level in scale.levels}


def test_a_fitted_blend_gives_a_level_and_what_to_expect():
    three = ordinal().scale
    learned = Prediction(1, 0.9, (0.8, 0.1, 0.1), 1.5)
    assert blended(three, (0.5, 0.5, 0.0), MachineAnswer(3), learned) == (2, 2.25)
    assert blended(three, (0.5, 0.5, -0.5), MachineAnswer(3, expected_level=2.5), learned) == (2, 1.5)
    assert blended(three, (1.0, 0.0, 9.0), MachineAnswer(3), learned) == (3, 3.0)
    sure = Prediction("no", 0.9, (0.9, 0.1))
    assert blended(yes_no().scale, (0.3, 0.7), MachineAnswer("yes", confidence=0.9), sure) == ("no", None)
