"""How far an answer is from what people said: the loss that the gate compares."""

from collections.abc import Iterable, Sequence
from statistics import fmean

from service.domain.label import NOT_APPLICABLE, Label
from service.domain.scorecard import LevelValue, Scale

Answer = LevelValue | None
"""A level, ``"na"``, or None where nothing was graded."""

FARTHEST = 1.0


def distance(scale: Scale, said: LevelValue, answer: Answer) -> float:
    """Return how far `answer` is from what one person said, 0 to 1.

    On ordinal scales the number of levels between them over the largest possible one, |i − j| / (k − 1) for
    positions i and j of k; elsewhere 0 for the same answer, else 1. No grade is as far as can be, and so is
    "not applicable" from any level: both are categories of their own, not numbers.
    """
    if answer == said:
        return 0.0
    if scale.type != "ordinal" or answer is None or NOT_APPLICABLE in (said, answer):
        return FARTHEST
    ranks = {level.level: rank for rank, level in enumerate(scale.levels)}
    if said not in ranks or answer not in ranks:
        return FARTHEST
    return abs(ranks[said] - ranks[answer]) / (len(ranks) - 1)


def mean_distance(scale: Scale, labels: Iterable[Label], answers: Sequence[Answer]) -> float:
    """Return the mean distance of all repeats from all people who labelled the item, 0 to 1."""
    said = [label.level for label in labels]
    return fmean(distance(scale, one, answer) for one in said for answer in answers)


def step(scale: Scale) -> float:
    """Return the distance of neighbouring levels; 1 where levels have no order."""
    return 1 / (len(scale.levels) - 1) if scale.type == "ordinal" else FARTHEST
