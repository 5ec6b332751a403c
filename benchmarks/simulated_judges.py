"""Judges of a known badness: people's levels on a scale of 1 to 5, and a machine that errs in a set way.

People's levels are drawn from `PEOPLE`. Given a person's level, a judge gives one that is d higher with odds
``exp(far·|d| + once·[d ≠ 0] + tilt·d)`` against giving the same; the three numbers are solved for the bias,
the share of exact matches and the quadratic-weighted kappa that it is to have. Others are the good judge, a
level lower in so many cases that they have a certain bias (`lowered`). Confidence is a normal score of mean
-`SHARPNESS`·min(|d|, 2), put on 0 to 1: it knows something of the judge's errors (area under the curve .75
for two levels off), never all.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from service.calibration.arrays import Floats

LEVELS = np.arange(1.0, 6.0)
PEOPLE = np.array([0.05, 0.10, 0.25, 0.38, 0.22])
"""How frequent each of people's levels is: most service is fair to good."""

SHARPNESS = 0.55
DISTANCE = LEVELS[None, :] - LEVELS[:, None]
"""The machine's level less people's, shape (people, machine) as all tables here."""


@dataclass(frozen=True, slots=True)
class Judge:
    """What a judge is to be like: mean level too high by `bias`, share of `exact` matches, and `qwk`."""

    name: str
    bias: float
    exact: float
    qwk: float


GOOD = Judge("good", bias=0.157, exact=0.71, qwk=0.76)
HARSH = Judge("harsh", bias=-0.61, exact=0.41, qwk=0.60)


@dataclass(frozen=True, slots=True)
class Grades:
    """Drawn grades, each of shape (n,): people's level, the machine's level, the machine's confidence."""

    people: Floats
    machine: Floats
    confidence: Floats


@cache
def joint(judge: Judge) -> Floats:
    """Return the probability of each pair of levels, shape (people, machine), that makes this judge."""
    from scipy import optimize

    target = (judge.bias, judge.exact, judge.qwk)
    solution = optimize.root(lambda x: np.subtract(figures(_tilted(x)), target), (-0.8, -0.5, judge.bias))
    if not solution.success:
        raise ValueError(f"no judge is like {judge}")
    return _tilted(solution.x)


@cache
def lowered(bias: float) -> Floats:
    """Return the table of the good judge when it is a level lower so often that this is its bias."""
    from scipy import optimize

    table = joint(GOOD)
    often = optimize.brentq(lambda share: figures(_mixed(table, share))[0] - bias, 0.0, 1.0)
    return _mixed(table, float(often))


def figures(table: Floats) -> tuple[float, float, float]:
    """Return bias, share of exact matches and quadratic-weighted kappa of a table of probabilities."""
    chance = table.sum(axis=1)[:, None] * table.sum(axis=0)[None, :]
    qwk = 1 - float((table * DISTANCE**2).sum() / (chance * DISTANCE**2).sum())
    return float((table * DISTANCE).sum()), float(np.trace(table)), qwk


def error(table: Floats) -> float:
    """Return the mean absolute error of a table of probabilities, in levels."""
    return float((table * np.abs(DISTANCE)).sum())


def mapped(table: Floats, onto: Floats) -> Floats:
    """Return the table of a judge whose levels are replaced: level j by the level `onto[j]`."""
    result = np.zeros_like(table)
    for column, level in enumerate(onto):
        result[:, int(level) - 1] += table[:, column]
    return result


def draw(table: Floats, n: int, rng: np.random.Generator) -> Grades:
    """Return `n` grades of this judge, each by itself."""
    pair = rng.choice(table.size, n, p=table.ravel() / table.sum())
    people, machine = LEVELS[pair // len(LEVELS)], LEVELS[pair % len(LEVELS)]
    return Grades(people, machine, _confidence(rng.normal(-_known(machine - people))))


def share_wrong(table: Floats, wrong: Floats, threshold: float) -> float:
    """Return the true share of wrong grades among those at least so confident; `wrong` is 1 or 0 by pair."""
    from scipy import stats

    score = np.log(threshold / (1 - threshold)) - 1
    accepted = table * stats.norm.sf(score + _known(DISTANCE))
    return float((accepted * wrong).sum() / accepted.sum())


def _known(distance: Floats) -> Floats:
    return np.asarray(SHARPNESS * np.minimum(np.abs(distance), 2.0), dtype=np.float64)


def _confidence(score: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-score - 1)), dtype=np.float64)


def _tilted(parameters: Floats) -> Floats:
    far, once, tilt = parameters
    odds = np.exp(far * np.abs(DISTANCE) + once * (DISTANCE != 0) + tilt * DISTANCE)
    return np.asarray(PEOPLE[:, None] * odds / odds.sum(axis=1, keepdims=True), dtype=np.float64)


def _mixed(table: Floats, share: float) -> Floats:
    lower = np.maximum(LEVELS - 1, 1)
    return (1 - share) * table + share * mapped(table, lower)
