"""95 % intervals: by resampling conversations for ratios of sums, by Wilson's formula for shares of spans."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
RESAMPLES = 1000
SEED = 20260101
_Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""

Numbers = NDArray[np.float64]
Interval = tuple[float, float]


def wilson(successes: int, trials: int) -> Interval | None:
    """Return the score interval of a share (Wilson 1927), `None` without trials.

    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n). It takes trials as independent of each other.
    """
    if not trials:
        return None
    share, square = successes / trials, _Z * _Z
    middle = share + square / (2 * trials)
    spread = _Z * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    scale = 1 + square / trials
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def resampled_sums(rows: Sequence[Sequence[float]], seed: int = SEED) -> Numbers | None:
    """Return the column sums of `RESAMPLES` samples of rows drawn with replacement, one sum a row.

    A row is a conversation: what one person says is alike, so conversations are drawn and not spans (the
    cluster bootstrap, Davison and Hinkley 1997, 3.8). `None` for fewer than two rows.
    """
    if len(rows) < 2:
        return None
    numbers = np.asarray(rows, dtype=np.float64)
    generator = np.random.default_rng(seed)
    size = len(numbers)
    # Sorted, so that the order of the conversations changes nothing.
    numbers = numbers[np.lexsort(numbers.T[::-1])]
    draws = (np.bincount(generator.integers(size, size=size), minlength=size) for _ in range(RESAMPLES))
    return np.stack([draw @ numbers for draw in draws])


def percentiles(sums: Numbers | None, rate: Callable[[Numbers], Numbers]) -> Interval | None:
    """Return the interval of a rate by the percentiles of its resampled values (Efron 1979).

    `rate` makes values of the columns of `sums`; where it is not defined it gives NaN, and such samples do
    not count. `None` when it is defined nowhere.
    """
    if sums is None:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        values = rate(sums)
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    low, high = np.quantile(values, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(low), float(high)
