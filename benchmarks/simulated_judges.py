"""Judges of a known badness: people's levels on a scale of 1 to 5, and a machine that errs in a set way.

People's levels are drawn from `PEOPLE`. Given a person's level, the good judge gives one that is d higher
with odds ``exp(far·|d| + once·[d ≠ 0] + tilt·d)`` against giving the same; the three numbers are solved for a
bias of +.157, 71 % exact matches and a quadratic-weighted kappa of .76. The harsh judge is the good one, a
level lower in so many cases that its bias is -.61. Confidence is a normal score of mean
-`SHARPNESS`·min(|d|, 2), put on 0 to 1: it knows something of its errors (area under the curve .75 for two
levels off), never all.
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

_GOOD = (0.157, 0.71, 0.76)
_HARSH_BIAS = -0.61


@dataclass(frozen=True, slots=True)
class Grades:
    """Drawn grades, each of shape (n,): people's level, the machine's level, the machine's confidence."""

    people: Floats
    machine: Floats
    confidence: Floats


@cache
def good() -> Floats:
    """Return the probability of each pair of levels under the good judge."""
    from scipy import optimize

    solution = optimize.root(lambda x: np.subtract(figures(_tilted(x)), _GOOD), (-1.0, -0.7, 0.5))
    return _tilted(solution.x)


@cache
def harsh() -> Floats:
    """Return the probability of each pair of levels under the harsh judge."""
    from scipy import optimize

    often = optimize.brentq(lambda share: figures(_lowered(good(), share))[0] - _HARSH_BIAS, 0.0, 1.0)
    return _lowered(good(), float(often))


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


def _lowered(table: Floats, share: float) -> Floats:
    lower = np.maximum(LEVELS - 1, 1)
    return (1 - share) * table + share * mapped(table, lower)
