"""Distances as tables, and how far a mean of them goes by itself when the same thing is graded again."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from evals.gate.distance import mean_distance
from evals.gate.items import Item
from service.calibration.arrays import Floats
from service.domain.scorecard import Dimension

_ERRORS = 3.0


def tables_of(
    items: Sequence[Item], dimensions: Sequence[Dimension], values: Callable[[Item], Iterable[float]]
) -> Floats:
    """Return a table for each of an item's values, shape (values, conversations, 1 + dimensions): the mean
    over dimensions in the first column, then one for each dimension; NaN where there is none.
    """
    rows = {name: row for row, name in enumerate(dict.fromkeys(item.conversation for item in items))}
    columns = {dimension.id: column for column, dimension in enumerate(dimensions, 1)}
    found = [(rows[item.conversation], columns[item.dimension.id], list(values(item))) for item in items]
    tables = np.full((max(len(each) for *_, each in found), len(rows), len(columns) + 1), np.nan)
    for row, column, each in found:
        tables[: len(each), row, column] = each
    parts = tables[:, :, 1:]
    there = ~np.isnan(parts)
    counts = there.sum(axis=2)
    sums = np.where(there, parts, 0.0).sum(axis=2)
    tables[:, :, 0] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return tables


def wavering_of(items: Sequence[Item], dimensions: Sequence[Dimension]) -> list[float | None]:
    """Return how far the difference of two mean distances goes when nothing but repeating made them, overall
    first, then for each dimension; None without repeats.

    3 · √(2 Σ s²ᵢ / c) / m over the m conversations with repeats in the newer run: s²ᵢ the variance of the
    distance between its repeats, c the number of repeats that are compared. Between conversations nothing
    wavers, so the variance of their mean is that of each over their number.
    """
    tables = tables_of(items, dimensions, _each)
    compared = max(item.repeats for item in items)
    return [_difference(tables[:, :, column], compared) for column in range(tables.shape[2])]


def _each(item: Item) -> list[float]:
    """Return the distance of each repeat of the newer run."""
    return [mean_distance(item.dimension.scale, item.labels, [answer]) for answer in item.new.all]


def _difference(distances: Floats, compared: int) -> float | None:
    repeated = distances[:, (~np.isnan(distances)).sum(axis=0) > 1]
    if not repeated.size:
        return None
    variances = np.nanvar(repeated, axis=0, ddof=1)
    return _ERRORS * float(np.sqrt(2 * variances.sum() / compared)) / len(variances)
