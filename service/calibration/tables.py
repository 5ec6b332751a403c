"""Answers as tables: each conversation adds one, in which a pair of answers that were given counts."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from service.calibration.arrays import Floats, Ints
from service.domain.label import NOT_APPLICABLE
from service.domain.scorecard import LevelValue, Scale


def answers_of(scale: Scale, *, not_applicable: bool = False) -> tuple[LevelValue, ...]:
    """Return the answers that can be given: the levels in order, then ``"na"`` where that is allowed."""
    levels = tuple(level.level for level in scale.levels)
    return (*levels, NOT_APPLICABLE) if not_applicable and NOT_APPLICABLE not in levels else levels


def answers_given(
    scale: Scale, columns: Iterable[Iterable[LevelValue]], *, not_applicable: bool
) -> tuple[LevelValue, ...]:
    """Return the answers that can be given: N/A is one where it is allowed, and where somebody gave it."""
    given = any(NOT_APPLICABLE in column for column in columns)
    return answers_of(scale, not_applicable=not_applicable or given)


def is_answer(scale: Scale, value: object) -> bool:
    """Return whether `value` is ``"na"`` or exactly a level of the scale: ``1`` is not ``"1"``."""
    return value == NOT_APPLICABLE or scale.find(value) is not None


def positions(answers: Sequence[LevelValue], given: Sequence[LevelValue]) -> list[int]:
    """Return where in `answers` each given answer stands.

    Raises ValueError naming one that is not among them.
    """
    at = {(type(answer), answer): place for place, answer in enumerate(answers)}
    try:
        return [at[type(one), one] for one in given]
    except KeyError as error:
        raise ValueError(f"{error.args[0][1]!r} is none of the answers {list(answers)}") from None


def pair_tables(size: int, first: Sequence[int] | Ints, second: Sequence[int] | Ints) -> Floats:
    """Return a table for each pair of positions, shape (n, size, size): a 1 at [first, second]."""
    tables = np.zeros((len(first), size, size))
    tables[np.arange(len(first)), first, second] = 1
    return tables


def stacked(size: int, tables: Iterable[Floats]) -> Floats:
    """Return tables of that size as one array, shape (n, size, size), also when there are none."""
    return np.array([*tables], dtype=np.float64).reshape(-1, size, size)


def group_table(size: int, given: Sequence[int]) -> Floats:
    """Return the table of all ordered pairs of two or more answers to one item; it adds up to 1.

    Its margins are the shares of the answers.
    """
    counts = _counts(size, given)
    total = counts.sum()
    table: Floats = (np.outer(counts, counts) - np.diag(counts)) / (total * (total - 1))
    return table


def coincidence_table(size: int, given: Sequence[int]) -> Floats:
    """Return what one item adds to Krippendorff's coincidences; it adds up to the number of its answers."""
    return group_table(size, given) * len(given)


def _counts(size: int, given: Sequence[int]) -> Floats:
    counted = Counter(given)
    return np.array([counted[place] for place in range(size)], dtype=np.float64)
