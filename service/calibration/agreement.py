"""How far one column of answers agrees with people's."""

from collections.abc import Sequence

import numpy as np

from service.calibration.arrays import Floats
from service.calibration.figures import Figure, FigureName, coefficients, distances, share_within
from service.calibration.intervals import wilson
from service.calibration.tables import answers_given, pair_tables, positions
from service.domain.agreement import Agreement, Confusion, Estimate
from service.domain.scorecard import LevelValue, Scale


def agreement(
    scale: Scale,
    people: Sequence[LevelValue],
    other: Sequence[LevelValue],
    *,
    not_applicable: bool = False,
) -> Agreement:
    """Return how far `other` agrees with `people`, item by item; items are independent of each other.

    N/A is among the answers where somebody gave it or the dimension allows it (`not_applicable`). On ordinal
    scales the coefficients, bias and mae are over the items with a level on both sides. Intervals: Wilson's
    for shares, else by leaving one item out (`intervals.py`).

    Raises ValueError when the columns differ in length or an answer is not on the scale.
    """
    answers = answers_given(scale, (people, other), not_applicable=not_applicable)
    tables = tables_of(answers, people, other)
    figures = figures_of(scale, tables)
    estimates = {name: figure.estimate() for name, figure in figures.items()}
    return Agreement(
        n=len(tables),
        exact=_share(figures["exact"]),
        adjacent=_share(figures["adjacent"]) if "adjacent" in figures else None,
        qwk=estimates["qwk"],
        ac2=estimates["ac2"],
        alpha=estimates["alpha"],
        bias=estimates.get("bias"),
        mae=estimates.get("mae"),
        confusion=confusion_of(answers, tables),
    )


def tables_of(
    answers: Sequence[LevelValue], people: Sequence[LevelValue], other: Sequence[LevelValue]
) -> Floats:
    """Return a table for each item, shape (n, answers, answers): people's answer down, the other's across.

    Raises ValueError when the columns differ in length or hold something that is not among `answers`.
    """
    if len(people) != len(other):
        raise ValueError(f"{len(people)} answers of people beside {len(other)} others")
    return pair_tables(len(answers), positions(answers, people), positions(answers, other))


def figures_of(scale: Scale, tables: Floats) -> dict[FigureName, Figure]:
    """Return all figures over tables of items, by name; `adjacent`, `bias`, `mae` on ordinal scales only."""
    levels = len(scale.levels)
    figures: dict[FigureName, Figure] = {"exact": share_within(tables, 0, levels, "exact")}
    if scale.type != "ordinal":
        return figures | coefficients(scale, tables)
    # An item is about levels when both sides gave one.
    kept = np.asarray(tables[:, :levels, :levels].sum((1, 2)) > 0)
    graded = tables[kept, :levels, :levels]
    figures["adjacent"] = share_within(tables, 1, levels, "adjacent")
    return figures | coefficients(scale, graded, kept) | distances(graded, kept)


def confusion_of(answers: Sequence[LevelValue], tables: Floats) -> Confusion:
    """Return the sum of the tables as whole counts."""
    counts = tables.sum(0).astype(int).tolist()
    return Confusion(answers=tuple(answers), counts=tuple(tuple(row) for row in counts))


def _share(figure: Figure) -> Estimate:
    hits = 0 if figure.value is None else round(figure.value * figure.n)
    return figure.estimate(wilson(hits, figure.n))
