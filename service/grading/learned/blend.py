"""Whether a language model's level and the text model's are better together than either alone.

    blend = w · machine + (1 − w) · learned + shift          on the ranks of an ordinal scale
    blend = w · P(machine) + (1 − w) · P(learned)            on probabilities of answers elsewhere

(stacking with convex weights: Breiman 1996, "Stacked regressions"). The weight is chosen on conversations
other than those it is tried on. Do no harm: the blend is used only where its held-out loss (absolute distance
in ranks; Brier elsewhere) is less than that of the best of the others by more than one standard error of the
paired differences, and never below `FEWEST_LABELS` conversations. The others are the machine, the text model,
and on ordinal scales the machine with a held-out shift: what a shift alone does needs no second model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.label import NOT_APPLICABLE
from service.domain.scorecard import LevelValue, Scale
from service.grading.learned.folds import Places, folds
from service.grading.learned.prediction import Prediction
from service.grading.learned.space import Floats
from service.grading.learned.targets import FEWEST_LABELS, Target, columns, numbers, ranks

FOLDS = 10
SEED = 20_261_123
"""Any fixed number."""

WEIGHTS = tuple(step / 20 for step in range(21))

_UNSAID = 0.8
"""How sure a machine is taken to be that does not say."""

_SIDES = {"machine": "the grader", "learned": "learned", "shifted": "the shifted grader"}

_SUREST = 0.98


@dataclass(frozen=True, slots=True)
class MachineAnswer:
    """What a language model said of one conversation. `expected_level` is its own mean where it has one;
    `confidence`, 0 to 1, how sure it was.
    """

    level: LevelValue
    expected_level: float | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class Blend:
    """`weights` of machine and text model, and on ordinal scales the shift in ranks.

    `losses` are held-out ones by name (`machine`, `shifted`, `learned`, `blend`) over `n`
    conversations; `wins` whether the blend is to be used; `gate` says in one sentence why. `held_out` is
    what the blend says of each conversation by weights fitted without it, None where one side has no level.
    """

    weights: tuple[float, ...]
    wins: bool
    gate: str
    n: int
    losses: dict[str, float]
    held_out: tuple[LevelValue | None, ...]


@dataclass(frozen=True)
class _Pairs:
    """What both sides and people say, of shape (conversations, outputs), as ranks or as probabilities."""

    machine: Floats
    learned: Floats
    people: Floats

    def of(self, rows: Places) -> "_Pairs":
        return _Pairs(self.machine[rows], self.learned[rows], self.people[rows])


def blend(
    scale: Scale,
    machine: Sequence[MachineAnswer | None],
    learned: Sequence[Prediction | None],
    targets: Sequence[Target],
    groups: Sequence[str] | None = None,
    seed: int = SEED,
) -> Blend:
    """Fit a blend on conversations that both sides gave a level and people too; `learned` must be held-out
    predictions. N/A on any side leaves a conversation out. `groups` names the conversation of each position.
    """
    use = [at for at, three in enumerate(zip(machine, learned, targets, strict=True)) if _all_levels(*three)]
    names = [groups[at] for at in use] if groups is not None else [str(at) for at in use]
    number = len(set(names))
    if number < FEWEST_LABELS:
        gate = f"{number} conversations have a level from all three; a blend takes {FEWEST_LABELS}"
        return Blend((), False, gate, number, {}, (None,) * len(machine))
    pairs = _pairs(
        scale, [machine[at] for at in use], [learned[at] for at in use], [targets[at] for at in use]
    )
    sides = {"machine": pairs.machine, "learned": pairs.learned}
    sides["blend"] = _held_out(scale, pairs, names, seed, WEIGHTS)
    if scale.type == "ordinal":
        sides["shifted"] = _held_out(scale, pairs, names, seed, (1.0,))
    losses = {name: _losses(scale, side, pairs.people) for name, side in sides.items()}
    wins, gate = _gate(losses)
    levels = dict(zip(use, (_level(scale, row) for row in sides["blend"]), strict=True))
    held_out = tuple(levels.get(at) for at in range(len(machine)))
    means = {name: float(one.mean()) for name, one in losses.items()}
    return Blend(_fit(scale, pairs, WEIGHTS), wins, gate, len(use), means, held_out)


def blended(
    scale: Scale, weights: Sequence[float], machine: MachineAnswer, learned: Prediction
) -> tuple[LevelValue, float | None]:
    """Return the level that a blend of these `weights` gives, and on ordinal scales the expected level."""
    row = _mix(weights, _pairs(scale, [machine], [learned], [machine.level]))[0]
    if scale.type != "ordinal":
        return _level(scale, row), None
    return _level(scale, row), float(np.interp(row[0], ranks(scale), numbers(scale)))


def _all_levels(machine: MachineAnswer | None, learned: Prediction | None, target: Target) -> bool:
    answers = (machine and machine.level, learned and learned.level, target)
    return all(answer is not None and answer != NOT_APPLICABLE for answer in answers)


def _pairs(
    scale: Scale,
    machine: Sequence[MachineAnswer | None],
    learned: Sequence[Prediction | None],
    targets: Sequence[Target],
) -> _Pairs:
    """Return both sides' and people's answers as numbers; none of them is None."""
    of_machine = np.array([_of_machine(scale, answer) for answer in machine if answer is not None])
    of_learned = np.array([_of_learned(scale, answer) for answer in learned if answer is not None])
    return _Pairs(
        of_machine, of_learned, columns(scale, [target for target in targets if target is not None])
    )


def _of_machine(scale: Scale, answer: MachineAnswer) -> Floats:
    if scale.type == "ordinal":
        level = answer.level if answer.expected_level is None else answer.expected_level
        return np.interp([float(level)], numbers(scale), ranks(scale))
    others = len(scale.levels) - 1
    sure = _UNSAID if answer.confidence is None else answer.confidence
    sure = min(max(sure, 1 / (others + 1)), _SUREST)
    chosen = columns(scale, [answer.level])[0]
    return np.where(chosen == 1, sure, (1 - sure) / others)


def _of_learned(scale: Scale, answer: Prediction) -> Floats:
    if scale.type != "ordinal" or answer.expected_level is None:
        return np.array(answer.probabilities)
    return np.interp([answer.expected_level], numbers(scale), ranks(scale))


def _mix(weights: Sequence[float], pairs: _Pairs) -> Floats:
    machine, learned, *shift = weights
    return machine * pairs.machine + learned * pairs.learned + sum(shift)


def _fit(scale: Scale, pairs: _Pairs, tried: Sequence[float]) -> tuple[float, ...]:
    """Return the weights, of the `tried` ones for the machine, with the least loss; of equals the last."""
    candidates = [_with_shift(scale, pairs, weight) for weight in tried]
    return min(
        reversed(candidates),
        key=lambda weights: float(_losses(scale, _mix(weights, pairs), pairs.people).mean()),
    )


def _with_shift(scale: Scale, pairs: _Pairs, weight: float) -> tuple[float, ...]:
    weights = (weight, round(1 - weight, 2))
    if scale.type != "ordinal":
        return weights
    return (*weights, round(float(np.mean(pairs.people - _mix(weights, pairs))), 6))


def _held_out(
    scale: Scale, pairs: _Pairs, groups: Sequence[str], seed: int, tried: Sequence[float]
) -> Floats:
    mixed = np.zeros_like(pairs.machine)
    for train, test in folds(groups, FOLDS, seed):
        weights = _fit(scale, pairs.of(train), tried)
        mixed[test] = _mix(weights, pairs.of(test))
    return mixed


def _losses(scale: Scale, said: Floats, people: Floats) -> Floats:
    """Return for each conversation the distance in ranks, or half the Brier score."""
    far: Floats = np.abs(said - people) if scale.type == "ordinal" else (said - people) ** 2 / 2
    total: Floats = far.sum(axis=1)
    return total


def _gate(losses: dict[str, Floats]) -> tuple[bool, str]:
    others = {name: one for name, one in losses.items() if name != "blend"}
    best = min(others, key=lambda name: float(others[name].mean()))
    gain = others[best] - losses["blend"]
    mean, error = float(gain.mean()), float(gain.std(ddof=1) / np.sqrt(len(gain)))
    wins = mean > error
    verdict = "is used: it is better than" if wins else "is not used: it is not clearly better than"
    by = f"gain {mean:.3f}, standard error {error:.3f}"
    return wins, f"{verdict} {_SIDES[best]} alone on held-out labels ({by})"


def _level(scale: Scale, row: Floats) -> LevelValue:
    if scale.type != "ordinal":
        return scale.levels[int(row.argmax())].level
    return scale.levels[int(np.clip(np.floor(row[0] + 0.5), 0, len(scale.levels) - 1))].level
