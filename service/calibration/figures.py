"""Figures of agreement over tables of answers, as estimates: a value, an interval, what is missing."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal

import numpy as np

from service.calibration import coefficients as of
from service.calibration.arrays import Bools, Floats
from service.calibration.intervals import Interval, of_coefficient, of_mean
from service.domain.agreement import Estimate
from service.domain.scorecard import Scale

FEWEST = 5
"""Fewer items than this give no coefficient: one conversation more could turn it into anything."""

FigureName = Literal["exact", "adjacent", "qwk", "ac2", "alpha", "bias", "mae"]
_MEANS: dict[FigureName, tuple[float, float]] = {
    "exact": (0, 1),
    "adjacent": (0, 1),
    "bias": (-np.inf, np.inf),
    "mae": (0, np.inf),
}
"""The figures that are means of one number from each conversation, with their bounds."""


@dataclass(frozen=True)
class Figure:
    """One figure over `tables`, shape (conversations, answers, answers): `compute` makes it of their sum.

    `kept` says of which of all items there is a table; the others had no level on one side.
    """

    name: FigureName
    tables: Floats
    compute: Callable[[Floats], Floats]
    kept: Bools

    @property
    def n(self) -> int:
        """The number of conversations."""
        return len(self.tables)

    @cached_property
    def value(self) -> float | None:
        """The figure, None where it is not defined or the items are too few for it."""
        if self.n < (1 if self.name in _MEANS else FEWEST):
            return None
        value = float(self.compute(self.tables.sum(0)))
        return value if np.isfinite(value) else None

    @cached_property
    def without_each(self) -> Floats:
        """The figure without each conversation, NaN where it is then not defined."""
        return self.compute(self.tables.sum(0) - self.tables)

    @cached_property
    def interval(self) -> Interval | None:
        """The 95 % interval, None where no honest one can be had."""
        if self.value is None or self.n < FEWEST:
            return None
        if self.name in _MEANS:
            return of_mean(self.value, self.without_each, *_MEANS[self.name])
        return of_coefficient(self.value, self.without_each)

    def estimate(self, interval: Interval | None = None) -> Estimate:
        """Return the figure with `interval`, or its own where none is given, and what is missing in words."""
        interval = interval or self.interval
        low, high = interval or (None, None)
        notes = [note for note in (self._left_out_note(), self._note(interval)) if note]
        return Estimate(value=self.value, low=low, high=high, n=self.n, note="; ".join(notes) or None)

    def _left_out_note(self) -> str | None:
        missing = int((~self.kept).sum())
        return f"items left out because somebody called them not applicable: {missing}" if missing else None

    def _note(self, interval: Interval | None) -> str | None:
        if interval is not None:
            return None
        if not self.n:
            return "there are no items"
        if self.n < FEWEST:
            return f"too few items: {self.n} of at least {FEWEST}"
        if self.value is None:
            return "not defined: all answers are one and the same, so agreement cannot be told from chance"
        if not np.isfinite(self.without_each).all():
            return "no interval: it hangs on a single item"
        return f"no interval: leaving out any one of the {self.n} items changes nothing"


def share_within(tables: Floats, steps: int, levels: int, name: FigureName) -> Figure:
    """Return the share of pairs that are at most `steps` levels apart.

    The first `levels` answers are levels; N/A after them agrees with nothing but itself.
    """
    size = tables.shape[-1]
    ranks = np.arange(size)
    near = np.abs(ranks[:, None] - ranks) <= steps
    near[levels:, :levels] = near[:levels, levels:] = False
    compute = partial(of.weighted_share, weights=near.astype(np.float64))
    return Figure(name, tables, compute, _all(tables))


def coefficients(
    scale: Scale, tables: Floats, kept: Bools | None = None, coincidences: Floats | None = None
) -> dict[FigureName, Figure]:
    """Return QWK, AC2 and alpha for the scale: weighted on ordinal scales, all answers alike on others.

    `kept` marks the items that the tables are of, by default all; `coincidences` are for alpha, by default
    those of two raters.
    """
    ordinal = scale.type == "ordinal"
    weights = (of.quadratic_weights if ordinal else of.equal_weights)(tables.shape[-1])
    pairs = of.coincidences_of(tables) if coincidences is None else coincidences
    kept = _all(tables) if kept is None else kept
    return {
        "qwk": Figure("qwk", tables, partial(of.cohen_kappa, weights=weights), kept),
        "ac2": Figure("ac2", tables, partial(of.gwet_ac, weights=weights), kept),
        "alpha": Figure("alpha", pairs, partial(of.krippendorff_alpha, ordinal=ordinal), kept),
    }


def distances(tables: Floats, kept: Bools) -> dict[FigureName, Figure]:
    """Return bias (second side minus first) and mean absolute distance, in levels."""
    return {
        "bias": Figure("bias", tables, of.mean_difference, kept),
        "mae": Figure("mae", tables, of.mean_distance, kept),
    }


def _all(tables: Floats) -> Bools:
    return np.ones(len(tables), np.bool_)
