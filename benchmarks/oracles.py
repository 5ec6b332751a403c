"""Agreement worked out once more, item by item and pair by pair, to hold the product's figures against.

Nothing here shares a line with `service/calibration`: shares, AC2 and severity are loops as the textbooks
have them, kappa is scikit-learn's, alpha that of the package `krippendorff`, which is only installed for
development. An answer is a position on the scale; an item is a list of its raters' answers.
"""

from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from itertools import permutations
from math import nan
from statistics import fmean

Item = Sequence[int]


def share_within(items: Iterable[Item], steps: int) -> float:
    """Return the mean over items of the share of pairs that are at most `steps` apart."""
    return fmean(fmean(abs(a - b) <= steps for a, b in permutations(item, 2)) for item in items)


def kappa(items: Iterable[Item], *, ordinal: bool, levels: int) -> float:
    """Return kappa over all ordered pairs, each item weighing the same, as scikit-learn has it."""
    score = import_module("sklearn.metrics").cohen_kappa_score
    pairs = [(a, b, 1 / (len(item) * (len(item) - 1))) for item in items for a, b in permutations(item, 2)]
    first, second, weights = zip(*pairs, strict=True)
    weighing = "quadratic" if ordinal else None
    return float(score(first, second, weights=weighing, sample_weight=weights, labels=[*range(levels)]))


def ac(items: Sequence[Item], *, ordinal: bool, levels: int) -> float:
    """Return AC2 (AC1 without order) from the counts r_ik of raters who gave item i level k (Gwet 2014)."""

    def weight(a: int, b: int) -> float:
        return 1 - ((a - b) / (levels - 1)) ** 2 if ordinal else float(a == b)

    agreed, shares = [], [0.0] * levels
    for item in items:
        counts = [item.count(level) for level in range(levels)]
        r = len(item)
        credit = 0.0
        for k in range(levels):
            near = sum(weight(k, other) * counts[other] for other in range(levels))
            credit += counts[k] * (near - 1)
            shares[k] += counts[k] / r / len(items)
        agreed.append(credit / (r * (r - 1)))
    all_weights = sum(weight(a, b) for a in range(levels) for b in range(levels))
    chance = all_weights / (levels * (levels - 1)) * sum(share * (1 - share) for share in shares)
    return (fmean(agreed) - chance) / (1 - chance)


def alpha(items: Sequence[Item], *, ordinal: bool, levels: int) -> float:
    """Return Krippendorff's alpha as the package of that name has it."""
    raters = max(len(item) for item in items)
    table = [[float(item[row]) if row < len(item) else nan for item in items] for row in range(raters)]
    level = "ordinal" if ordinal else "nominal"
    package = import_module("krippendorff")
    return float(package.alpha(table, level_of_measurement=level, value_domain=[*range(levels)]))


def severity(items: Iterable[Sequence[int | None]], rater: int) -> float:
    """Return the mean over items of one rater's answer minus the mean of the others'; None is no answer."""
    return fmean(_differences(items, rater))


def _differences(items: Iterable[Sequence[int | None]], rater: int) -> Iterator[float]:
    for item in items:
        own = item[rater] if rater < len(item) else None
        others = [answer for place, answer in enumerate(item) if place != rater and answer is not None]
        if own is not None and others:
            yield own - fmean(others)
