"""95 % intervals of ratios of sums, by resampling conversations."""

from collections.abc import Callable, Sequence

import numpy as np

from service.calibration.arrays import Floats
from service.calibration.intervals import LEVEL, Interval

RESAMPLES = 1000
SEED = 20260101


def resampled_sums(rows: Sequence[Sequence[float]], seed: int = SEED) -> Floats | None:
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


def percentiles(sums: Floats | None, rate: Callable[[Floats], Floats]) -> Interval | None:
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
