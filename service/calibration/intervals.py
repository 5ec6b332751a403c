"""95 % intervals of figures over conversations: for a share, a mean, and anything that can be computed again
without one of them.
"""

import math
from collections.abc import Sequence

import numpy as np

from service.calibration.arrays import Floats

LEVEL = 0.95
_Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""
_SAME = 1e-12
"""Differences below this are noise of the arithmetic."""

Interval = tuple[float, float]


def wilson(successes: int, trials: int) -> Interval | None:
    """Return the score interval of a share, `None` without trials, which it takes as independent."""
    return wilson_of_share(successes / trials, trials) if trials else None


def wilson_of_share(share: float, n: float) -> Interval:
    """Return the score interval of a share seen in `n` trials (above 0, not always whole). Wilson 1927.

    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)
    """
    square = _Z * _Z
    middle = share + square / (2 * n)
    spread = _Z * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    scale = 1 + square / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def jackknife_error(left_out: Floats) -> float | None:
    """Return a figure's standard error (Tukey 1958) from `left_out`, the figure without each conversation.

    √((n − 1)/n · Σ (θ_i − mean of θ_i)²), θ_i being the figure without conversation i. None where leaving one
    out undoes the figure (NaN), and where leaving any out changes nothing.
    """
    n = len(left_out)
    if n < 2 or not np.isfinite(left_out).all() or np.ptp(left_out) < _SAME:
        return None
    return math.sqrt((n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum()))


def of_coefficient(value: float, left_out: Floats) -> Interval | None:
    """Return the interval of a coefficient that ends at 1: Student's t on Fisher's scale (Fisher 1921).

    tanh(artanh θ ± t(n−1) · s / (1 − θ²)), s the jackknife's error: never beyond 1, and longer downwards.
    """
    error = jackknife_error(left_out)
    if error is None or abs(value) >= 1 - _SAME:
        return None
    middle, spread = math.atanh(value), student_t(len(left_out) - 1) * error / (1 - value * value)
    return math.tanh(middle - spread), math.tanh(middle + spread)


def of_mean(
    value: float, left_out: Floats, low: float = -math.inf, high: float = math.inf
) -> Interval | None:
    """Return the interval θ ± t(n−1) · s of a mean, or of a mean of means, cut at `low` and `high`.

    For the mean of one number from each conversation s is s/√n, and this is Student's interval.
    """
    error = jackknife_error(left_out)
    if error is None:
        return None
    spread = student_t(len(left_out) - 1) * error
    return max(low, value - spread), min(high, value + spread)


def without_each(numbers: Sequence[float] | Floats) -> Floats:
    """Return the mean of at least two `numbers` without each of them."""
    array = np.asarray(numbers, dtype=np.float64)
    means: Floats = (array.sum() - array) / (len(array) - 1)
    return means


def student_t(freedom: int) -> float:
    """Return the 97.5 % point of Student's t with that many degrees of freedom, at least 1."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + LEVEL) / 2))
