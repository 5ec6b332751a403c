"""Did it get worse, or is it chance? Sign-flip tests on paired differences, one measure or several at once.

A difference is what the newer side scored minus what the older one did on the same item. If nothing changed,
each is as likely to be the other way round, so the signs may be flipped at will: the p-value is the share of
flips that give a mean as extreme as the one that was seen. No distribution is assumed.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from service.calibration.arrays import Floats, group_numbers

Alternative = Literal["drop", "rise", "change"]
"""What is looked for: a mean below 0, above 0, or either."""

FLIPS = 10_000
_SAME = 1e-9
"""Sums of the same numbers in another order may differ in the last digits; they count as the same."""


@dataclass(frozen=True, slots=True)
class SignFlip:
    """What a sign-flip test found in `n` differences with this mean (None where there are none).

    `p_value` is one measure's own; `adjusted` holds for all measures that were tested together (the same
    where it was tested alone). `exact` says that all flips were tried, not a random sample of them.
    """

    n: int
    mean: float | None
    p_value: float
    adjusted: float
    exact: bool


def sign_flip(
    differences: npt.ArrayLike,
    *,
    groups: npt.ArrayLike | None = None,
    alternative: Alternative = "drop",
    seed: int = 0,
    flips: int = FLIPS,
) -> SignFlip:
    """Return how likely chance alone gives a mean difference as extreme as this one.

    `differences`: shape (n,); NaN is left out. Those of one group (shape (n,), such as the conversation of
    each) are flipped together. Without any difference that is not 0 the p-value is 1. All flips are tried
    where they are at most `flips`; else as many random ones, and p = (b + 1) / (m + 1).
    Source: Fisher's randomization test; Phipson & Smyth 2010 for the + 1.
    """
    column = np.asarray(differences, dtype=np.float64).reshape(-1, 1)
    return sign_flip_family(column, groups=groups, alternative=alternative, seed=seed, flips=flips)[0]


def sign_flip_family(
    differences: npt.ArrayLike,
    *,
    groups: npt.ArrayLike | None = None,
    alternative: Alternative = "drop",
    seed: int = 0,
    flips: int = FLIPS,
) -> tuple[SignFlip, ...]:
    """Test several measures on the same items at once; one result for each column.

    `differences`: shape (items, measures), NaN where an item lacks a measure. All measures of an item, and
    all items of a group, are flipped together, so that measures that move together cost less than
    independent ones would. `adjusted` keeps the chance of even one false alarm at its level: Westfall &
    Young 1993, step-down max-T.
    """
    matrix = np.asarray(differences, dtype=np.float64)
    present = ~np.isnan(matrix)
    sums = _group_sums(np.where(present, matrix, 0.0), groups)
    observed, flipped, exact = _statistics(sums, seed, flips)
    observed, flipped = _extremeness(observed, alternative), _extremeness(flipped, alternative)
    own = _p_values(observed, flipped, exact)
    adjusted = _step_down(observed, flipped, exact)
    counts = present.sum(axis=0)
    totals = np.where(present, matrix, 0.0).sum(axis=0)
    return tuple(
        SignFlip(int(n), float(total / n) if n else None, float(p), float(both), exact)
        for n, total, p, both in zip(counts, totals, own, adjusted, strict=True)
    )


def holm(p_values: npt.ArrayLike) -> tuple[float, ...]:
    """Return p-values adjusted for having tested all of them, whatever their dependence.

    The k-th smallest of m is multiplied by m - k + 1, none falls below the one before. Source: Holm 1979.
    """
    given = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    stepped = np.maximum.accumulate(given[order] * np.arange(len(given), 0, -1))
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(stepped, 1.0)
    return tuple(float(p) for p in adjusted)


def detectable_drop(sd: float, n: int, alpha: float = 0.05, power: float = 0.8) -> float | None:
    """Return the smallest true drop of a mean that `n` differences with this spread show with that power.

    (t[1 - alpha] + t[power]) · sd / √n with n - 1 degrees of freedom, one-sided. None where no drop can be
    shown at all: fewer items than it takes for 2⁻ⁿ ≤ alpha, or no spread to judge from.
    Source: the power of a paired t test, whose limit that of the sign-flip test is (Hoeffding 1952).
    """
    from scipy import stats

    if n < 2 or 0.5**n > alpha or not sd > 0:
        return None
    quantiles = stats.t.ppf([1 - alpha, power], n - 1)
    return float(quantiles.sum() * sd / np.sqrt(n))


def simulated_power(
    differences: npt.ArrayLike,
    drop: float,
    *,
    step: float = 1.0,
    alpha: float = 0.05,
    replicates: int = 200,
    seed: int = 0,
) -> float:
    """Return the share of replicates in which a drop would have been noticed, given differences like these.

    Each replicate draws as many differences with replacement, gives each a random sign (nothing changed), and
    lets each item fall by `step` with probability `drop / step`. Raises ValueError where `drop` is not within
    0 to `step`.
    """
    if not 0 <= drop <= step:
        raise ValueError("the drop has to lie between 0 and one step")
    pool = np.asarray(differences, dtype=np.float64)
    pool = pool[~np.isnan(pool)]
    if not len(pool):
        return 0.0
    rng = np.random.default_rng(seed)
    shape = (replicates, len(pool))
    quiet = rng.choice(pool, shape) * rng.choice((-1.0, 1.0), shape)
    fallen = quiet - step * (rng.random(shape) < drop / step)
    tests = (sign_flip(row, seed=seed + k, flips=1_999) for k, row in enumerate(fallen))
    return sum(test.p_value <= alpha for test in tests) / replicates


def _group_sums(matrix: Floats, groups: npt.ArrayLike | None) -> Floats:
    if groups is None:
        return matrix
    numbers = group_numbers(groups)
    sums = np.zeros((int(numbers.max(initial=-1)) + 1, matrix.shape[1]))
    np.add.at(sums, numbers, matrix)
    return sums


def _statistics(sums: Floats, seed: int, flips: int) -> tuple[Floats, Floats, bool]:
    """Return each measure's statistic as seen, those of each flip, and whether the flips are all there are.

    Sum over the root of the sum of squares: that root is the same for every flip, and measures with unlike
    spread become comparable.
    """
    sums = sums[np.any(sums != 0, axis=1)]
    scale = np.sqrt((sums**2).sum(axis=0))
    scale[scale == 0] = 1.0
    scaled = sums / scale
    exact = 2 ** min(len(sums), 60) <= flips
    flipped = _all_flips(scaled) if exact else _random_flips(scaled, seed, flips)
    return scaled.sum(axis=0), flipped, exact


def _extremeness(statistic: Floats, alternative: Alternative) -> Floats:
    match alternative:
        case "drop":
            return -statistic
        case "rise":
            return statistic
        case "change":
            return np.abs(statistic)


def _all_flips(rows: Floats) -> Floats:
    codes = np.arange(2 ** len(rows))[:, None] >> np.arange(len(rows))
    return (1.0 - 2.0 * (codes & 1)) @ rows


def _random_flips(rows: Floats, seed: int, flips: int) -> Floats:
    """Flip rows at random. Rows that are the same up to their sign are flipped by one binomial draw."""
    leading = rows[np.arange(len(rows)), np.argmax(rows != 0, axis=1)]
    kinds, counts = np.unique(rows * np.sign(leading)[:, None], axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    flipped = np.empty((flips, rows.shape[1]))
    # In pieces, so that thousands of kinds of rows do not take gigabytes.
    piece = max(1, 4_000_000 // max(1, len(kinds)))
    for start in range(0, flips, piece):
        size = (min(piece, flips - start), len(kinds))
        flipped[start : start + piece] = (2.0 * rng.binomial(counts, 0.5, size) - counts) @ kinds
    return flipped


def _p_values(observed: Floats, flipped: Floats, exact: bool) -> Floats:
    """Return for each measure the share of flips at least as extreme, shape (measures,)."""
    beaten = (flipped >= observed - _SAME).sum(axis=0)
    extra = 0 if exact else 1  # what was seen is one of all flips, but not of a random sample
    return np.asarray((beaten + extra) / (len(flipped) + extra), dtype=np.float64)


def _step_down(observed: Floats, flipped: Floats, exact: bool) -> Floats:
    """Return adjusted p-values: each measure against the largest of itself and all that look less extreme."""
    order = np.argsort(-observed, kind="stable")
    largest = np.maximum.accumulate(flipped[:, order[::-1]], axis=1)[:, ::-1]
    stepped = np.maximum.accumulate(_p_values(observed[order], largest, exact))
    adjusted = np.empty_like(stepped)
    adjusted[order] = stepped
    return adjusted
