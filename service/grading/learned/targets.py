"""What people said, as numbers to learn from, and whether it is enough."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.label import NOT_APPLICABLE
from service.domain.scorecard import Dimension, Scale
from service.grading.learned.space import Floats

FEWEST_LABELS = 50
"""Conversations with a level that it takes before a dimension is learned."""

FEWEST_OF_AN_ANSWER = 5
"""Conversations on which people gave any other answer than their most frequent one."""

FEWEST_NOT_APPLICABLE = 10
"""Conversations on which people said "not applicable" before that is learned too."""

Target = float | str | None
"""What people said of one conversation: on ordinal scales the mean of their levels, else the answer that they
gave together; ``"na"``; None where nobody said anything.
"""


@dataclass(frozen=True)
class Lesson:
    """A dimension and what people said of each conversation. Raises ValueError for what is off its scale."""

    dimension: Dimension
    targets: tuple[Target, ...]

    def __post_init__(self) -> None:
        for target in self.targets:
            _check(self.dimension, target)

    def missing(self, groups: Sequence[str]) -> str | None:
        """Return what is missing before this can be learned, in one sentence; None when nothing is.

        `groups` names the conversation of each target: a repeated one counts once.
        """
        pairs = list(zip(self.targets, groups, strict=True))
        given = list({group: t for t, group in pairs if t not in (None, NOT_APPLICABLE)}.values())
        if len(given) < FEWEST_LABELS:
            return _too_few(len(given), len({group for t, group in pairs if t == NOT_APPLICABLE}))
        most = max(map(given.count, set(given)))
        if len(given) - most < FEWEST_OF_AN_ANSWER:
            return _too_alike(len(given), most)
        return None

    @property
    def learns_absence(self) -> bool:
        """Whether "not applicable" is learned as well."""
        enough = self.targets.count(NOT_APPLICABLE) >= FEWEST_NOT_APPLICABLE
        return enough and self.dimension.not_applicable is not None


def columns(scale: Scale, targets: Sequence[float | str]) -> Floats:
    """Return targets as an array (conversations, outputs): on ordinal scales the rank of each level, from 0
    and in between for means; else 1 in the column of the answer.
    """
    if scale.type == "ordinal":
        return np.interp([float(target) for target in targets], numbers(scale), ranks(scale)).reshape(-1, 1)
    answers: list[float | str] = [level.level for level in scale.levels]
    return one_of([answers.index(target) for target in targets], len(answers))


def one_of(positions: Sequence[int], number: int) -> Floats:
    """Return 1 in the column of each position, else 0."""
    rows: Floats = np.eye(number)[list(positions)]
    return rows


def numbers(scale: Scale) -> list[float]:
    """Return the levels of an ordinal scale."""
    return [float(level.level) for level in scale.levels]


def ranks(scale: Scale) -> list[float]:
    """Return the positions of the levels, from 0."""
    return [float(rank) for rank in range(len(scale.levels))]


def _check(dimension: Dimension, target: Target) -> None:
    if target is None or target == NOT_APPLICABLE:
        return
    scale = dimension.scale
    if scale.type == "ordinal":
        levels = numbers(scale)
        number = isinstance(target, int | float) and not isinstance(target, bool) and math.isfinite(target)
        if number and levels[0] <= float(target) <= levels[-1]:
            return
    elif scale.find(target) is not None:
        return
    raise ValueError(f"{target!r} is not on the scale of {dimension.id!r}")


def _too_few(given: int, absent: int) -> str:
    aside = f", {absent} more were labelled not applicable" if absent else ""
    missing = FEWEST_LABELS - given
    return (
        f"{given} conversations have a level from people{aside}; a text model takes {FEWEST_LABELS}: "
        f"label {missing} more"
    )


def _too_alike(given: int, most: int) -> str:
    if given == most:
        return f"people gave the same answer to all {given} conversations: there is nothing to tell apart"
    return (
        f"people gave the same answer to {most} of {given} conversations; label more until "
        f"{FEWEST_OF_AN_ANSWER} have another one"
    )
