"""How the people who label differ: who is harsher, whose measure drifts, how far they agree at all."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import chain, compress
from statistics import fmean
from typing import NamedTuple

import numpy as np

from service.calibration.figures import Figure, FigureName, coefficients, share_within
from service.calibration.intervals import of_mean, student_t, without_each
from service.calibration.tables import answers_given, coincidence_table, group_table, positions, stacked
from service.domain.agreement import Estimate, HumanCeiling, RaterSeverity
from service.domain.base import Moment
from service.domain.label import Label
from service.domain.scorecard import LevelValue, Scale

FEWEST_SHARED = 5
"""Fewer items than this, shared with another rater, say nothing about one rater."""
NAMED_FROM = 0.75
"""A rater this many levels off is called about a level off..."""
NAMED_BEYOND = 0.3
"""...when the interval, too, says that it is more than this."""
FEWEST_IN_TIME = 10
SHORTEST_TIME = timedelta(days=14)
"""A drift is only fitted to that many shared items over that much time."""
_MONTH = timedelta(days=30)


class _Difference(NamedTuple):
    """One rater's level minus the mean of the others' on one item, in levels, and when it was given."""

    levels: float
    at: Moment | None


def severities(scale: Scale, items: Sequence[Sequence[Label]]) -> tuple[RaterSeverity, ...]:
    """Return how each rater grades beside the others; `items` are the labels of each conversation.

    Distances are in ranks; a yes/no scale has its answer with fewer points at 0 and the other at 1. N/A does
    not count. Raters stand in the order of their names.
    """
    labels = Counter(label.rater for label in chain.from_iterable(items))
    ranks = _ranks(scale)
    differences = _differences(ranks or {}, items)
    return tuple(
        _unordered(rater, labels[rater])
        if ranks is None
        else _severity(scale, rater, labels[rater], differences[rater], len(labels))
        for rater in sorted(labels)
    )


def ceiling(
    scale: Scale, items: Iterable[Sequence[LevelValue]], *, not_applicable: bool = False
) -> HumanCeiling | None:
    """Return how far people agree on the items that two or more of them answered, None where there is none.

    Each item weighs the same, in alpha its number of labels: that is how alpha is defined. Kappa has no
    first and second rater here, so that both sides share one distribution (then it is Scott's pi). N/A is
    among the answers where somebody gave it or the dimension allows it (`not_applicable`).

    Raises ValueError when an answer is not on the scale.
    """
    together = [answers for answers in items if len(answers) > 1]
    if not together:
        return None
    figures = _ceiling_figures(scale, together, not_applicable)
    estimates = {name: figure.estimate() for name, figure in figures.items()}
    return HumanCeiling(
        items=len(together),
        pairs=sum(len(answers) * (len(answers) - 1) // 2 for answers in together),
        exact=estimates["exact"],
        adjacent=estimates.get("adjacent"),
        qwk=estimates["qwk"],
        ac2=estimates["ac2"],
        alpha=estimates["alpha"],
    )


def _ceiling_figures(
    scale: Scale, items: Sequence[Sequence[LevelValue]], not_applicable: bool
) -> dict[FigureName, Figure]:
    levels = len(scale.levels)
    answers = answers_given(scale, items, not_applicable=not_applicable)
    places = [positions(answers, one) for one in items]
    tables = stacked(len(answers), (group_table(len(answers), one) for one in places))
    exact = share_within(tables, 0, levels, "exact")
    if scale.type != "ordinal":
        pairs = stacked(len(answers), (coincidence_table(len(answers), one) for one in places))
        return {"exact": exact, **coefficients(scale, tables, coincidences=pairs)}
    adjacent = share_within(tables, 1, levels, "adjacent")
    return {"exact": exact, "adjacent": adjacent, **_on_levels(scale, places)}


def _on_levels(scale: Scale, places: Sequence[Sequence[int]]) -> dict[FigureName, Figure]:
    levels = len(scale.levels)
    graded = [[place for place in one if place < levels] for one in places]
    kept = np.array([len(one) > 1 for one in graded])
    together = list(compress(graded, kept))
    tables = stacked(levels, (group_table(levels, one) for one in together))
    pairs = stacked(levels, (coincidence_table(levels, one) for one in together))
    return coefficients(scale, tables, kept, pairs)


def _unordered(rater: str, labels: int) -> RaterSeverity:
    nothing = Estimate(value=None, n=0, note="a scale without an order has no harsher side")
    return RaterSeverity(rater=rater, labels=labels, severity=nothing)


def _severity(
    scale: Scale, rater: str, labels: int, differences: Sequence[_Difference], raters: int
) -> RaterSeverity:
    severity = _mean(differences)
    return RaterSeverity(
        rater=rater,
        labels=labels,
        severity=severity,
        drift=_drift(differences),
        note=_named(scale, severity, raters),
    )


def _ranks(scale: Scale) -> dict[LevelValue, int] | None:
    if scale.type == "choice":
        return None
    levels = scale.levels
    if scale.type == "yes_no":
        levels = tuple(sorted(levels, key=lambda level: (level.points, level.level == "yes")))
    return {level.level: rank for rank, level in enumerate(levels)}


def _differences(
    ranks: Mapping[LevelValue, int], items: Iterable[Sequence[Label]]
) -> dict[str, list[_Difference]]:
    """Return by rater the differences on the items that somebody else gave a level too."""
    found: dict[str, list[_Difference]] = defaultdict(list)
    for item in items:
        graded = {label.rater: label for label in item if label.level in ranks}
        for rater, label in graded.items():
            others = [ranks[one.level] for name, one in graded.items() if name != rater]
            if others:
                found[rater].append(_Difference(ranks[label.level] - fmean(others), label.created_at))
    return found


def _mean(differences: Sequence[_Difference]) -> Estimate:
    numbers, n = [one.levels for one in differences], len(differences)
    if n < FEWEST_SHARED:
        few = f"too few items shared with another rater: {n} of at least {FEWEST_SHARED}"
        return Estimate(value=None, n=n, note=few)
    interval = of_mean(fmean(numbers), without_each(numbers))
    note = None if interval else f"no interval: the difference is the same on all {n} items"
    low, high = interval or (None, None)
    return Estimate(value=fmean(numbers), low=low, high=high, n=n, note=note)


def _named(scale: Scale, severity: Estimate, raters: int) -> str | None:
    value = severity.value
    if value is None or abs(value) < NAMED_FROM:
        return None
    # A difference that is the same everywhere has no interval and needs none.
    nearest = value if severity.low is None or severity.high is None else _nearest_to_zero(severity)
    if nearest * value <= 0 or abs(nearest) <= NAMED_BEYOND:
        return None
    rising = scale.type == "yes_no" or scale.levels[0].points <= scale.levels[-1].points
    word = "milder" if (value > 0) == rising else "harsher"
    said = f"{abs(value):.1f} levels {word} than the others on {severity.n} shared items"
    return said + ("; of two raters nobody can tell which one is off" if raters == 2 else "")


def _nearest_to_zero(estimate: Estimate) -> float:
    return min(estimate.low or 0.0, estimate.high or 0.0, key=abs)


def _drift(differences: Sequence[_Difference]) -> Estimate | None:
    dated = [(one.at, one.levels) for one in differences if one.at is not None]
    if not dated:
        return None
    first, last = min(at for at, _ in dated), max(at for at, _ in dated)
    if len(dated) < FEWEST_IN_TIME or last - first < SHORTEST_TIME:
        seen = f"{len(dated)} shared items over {(last - first).days} days"
        note = f"too little to see a drift: {seen} of at least {FEWEST_IN_TIME} over {SHORTEST_TIME.days}"
        return Estimate(value=None, n=len(dated), note=note)
    return _slope([(at - first) / _MONTH for at, _ in dated], [levels for _, levels in dated])


def _slope(months: Sequence[float], levels: Sequence[float]) -> Estimate:
    """Return the least-squares slope b with its interval b ± t(n−2) · √(Σe² / (n−2) / Σ(x − mean)²)."""
    x, y = np.asarray(months) - fmean(months), np.asarray(levels) - fmean(levels)
    n, square = len(x), float(x @ x)
    slope = float(x @ y) / square
    left = y - slope * x
    error = float(np.sqrt(left @ left / (n - 2) / square))
    if error == 0:
        return Estimate(value=slope, n=n, note=f"no interval: all {n} items lie on one line")
    spread = student_t(n - 2) * error
    return Estimate(value=slope, low=slope - spread, high=slope + spread, n=n)
