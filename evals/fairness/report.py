"""How often grades flip: for each swap and each dimension, beside the flips of unchanged repeats."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from evals.fairness.comparing import Pair, Trial, Tried
from evals.redaction.intervals import percentiles, resampled_sums
from service.calibration.intervals import wilson
from service.domain.base import Model

ENOUGH_FOR_RESAMPLING = 8
"""Fewer conversations than this give resampled intervals that are much too narrow."""


class Share(Model):
    """A share of grades that flipped, with a 95 % interval: None without any grade."""

    flips: int
    grades: int
    value: float | None
    low: float | None
    high: float | None


class Shift(Model):
    """The mean change of points, −1 to 1, over grades that have points before and after, with a 95 %
    interval; above 0 when the varied conversations got more. None where it cannot be given.
    """

    grades: int
    mean: float | None
    low: float | None = None
    high: float | None = None


class Row(Model):
    """One swap on one dimension, or on all (`dimension` None). `unchanged` are the repeats of the same
    conversations. `excess` is share minus share, with a 95 % interval.
    """

    dimension: str | None
    swapped: Share
    unchanged: Share
    excess: float | None
    excess_low: float | None
    excess_high: float | None
    shift: Shift


class SwapReport(Model):
    """All of one swap. Of the conversations with something to swap, `identical` read the same after
    redaction and could not flip, `failed` could not be graded, `compared` are what the rows are of. In
    `with_names_left` of these redaction left a new name standing.
    """

    swap: str
    nothing_to_swap: int
    identical: int
    failed: int
    compared: int
    with_names_left: int
    overall: Row
    dimensions: tuple[Row, ...]


class Report(Model):
    """The whole run. `failed` conversations could not be graded even as they are; `repeats` is over all."""

    conversations: int
    failed: int
    requests: int
    cost_usd: float | None
    repeats: Share
    failed_repeats: int
    swaps: tuple[SwapReport, ...]


class _Graded(NamedTuple):
    """The grades of one conversation: under a swap, and again unchanged."""

    pairs: Sequence[Pair]
    repeats: Sequence[Pair]


def make_report(tried: Sequence[Tried]) -> Report:
    """Return the report of a run."""
    graded = [one for one in tried if one.failed is None]
    names = sorted({trial.swap for one in graded for trial in one.trials}, key=_place)
    costs = [one.cost_usd for one in graded if one.cost_usd is not None]
    return Report(
        conversations=len(tried),
        failed=len(tried) - len(graded),
        requests=sum(one.requests for one in tried),
        cost_usd=sum(costs) if costs else None,
        repeats=share([_flat(one.repeats) for one in graded]),
        failed_repeats=sum(one.failed_repeats for one in graded),
        swaps=tuple(_of_swap(name, graded) for name in names),
    )


def _place(swap: str) -> tuple[int, str]:
    return ("names", "gender", "dialect").index(swap.partition("-")[0]), swap


def share(groups: Sequence[Sequence[Pair]]) -> Share:
    """Return the share of flips among grades that come in conversations (`groups`).

    Grades of one conversation flip together, so Wilson's interval is taken at the effective number of grades,
    n / deff (Korn and Graubard 1998), which is never below the number of conversations; it is that number
    where nothing or everything flips, and the design effect cannot be seen.
    """
    groups = [group for group in groups if group]
    flips = [sum(pair.flipped for pair in group) for group in groups]
    grades = sum(len(group) for group in groups)
    value = sum(flips) / grades if grades else None
    effective = _effective(flips, [len(group) for group in groups])
    interval = _wilson(value, effective)
    return Share(flips=sum(flips), grades=grades, value=value, low=interval[0], high=interval[1])


def _effective(flips: Sequence[int], sizes: Sequence[int]) -> float:
    """Return n / deff; deff is the variance of the ratio over conversations divided by p(1−p)/n."""
    clusters, grades = len(sizes), sum(sizes)
    share_ = sum(flips) / grades if grades else 0.0
    if clusters < 2 or not 0 < share_ < 1:
        return float(clusters)
    squares = sum((flip - share_ * size) ** 2 for flip, size in zip(flips, sizes, strict=True))
    variance = clusters / (clusters - 1) * squares / grades**2
    if not variance:
        return float(grades)
    return min(float(grades), max(float(clusters), share_ * (1 - share_) / variance))


def _wilson(value: float | None, trials: float) -> tuple[float | None, float | None]:
    # Whole trials, rounded down: rather too wide.
    whole = math.floor(trials)
    if value is None or not whole:
        return None, None
    ends = wilson_of_share(value, whole)
    return min(ends[0], value), max(ends[1], value)


def wilson_of_share(value: float, trials: int) -> tuple[float, float]:
    """Return Wilson's interval of a share that need not be a whole number of trials, by interpolation."""
    below = wilson(math.floor(value * trials), trials)
    above = wilson(math.ceil(value * trials), trials)
    if below is None or above is None:
        raise ValueError("there is no interval without trials")
    part = value * trials - math.floor(value * trials)
    return below[0] + part * (above[0] - below[0]), below[1] + part * (above[1] - below[1])


def _of_swap(name: str, tried: Sequence[Tried]) -> SwapReport:
    trials = [(trial, one) for one in tried for trial in one.trials if trial.swap == name]
    counted = [trial.state for trial, _ in trials]
    graded = [_graded(trial, one) for trial, one in trials if trial.state == "compared"]
    dimensions = dict.fromkeys(pair.dimension for one in graded for pair in one.pairs)
    return SwapReport(
        swap=name,
        nothing_to_swap=counted.count("unchanged"),
        identical=counted.count("identical"),
        failed=counted.count("failed"),
        compared=len(graded),
        with_names_left=sum(trial.left > 0 for trial, _ in trials),
        overall=_row(None, graded),
        dimensions=tuple(
            _row(dimension, [_only(one, dimension) for one in graded]) for dimension in dimensions
        ),
    )


def _graded(trial: Trial, one: Tried) -> _Graded:
    return _Graded(trial.pairs, _flat(one.repeats))


def _flat(repeats: Iterable[Sequence[Pair]]) -> list[Pair]:
    return [pair for pairs in repeats for pair in pairs]


def _only(one: _Graded, dimension: str) -> _Graded:
    kept = ([p for p in pairs if p.dimension == dimension] for pairs in one)
    return _Graded(*kept)


def _row(dimension: str | None, graded: Sequence[_Graded]) -> Row:
    swapped = share([one.pairs for one in graded])
    unchanged = share([one.repeats for one in graded])
    excess, low, high = _excess(swapped, unchanged)
    return Row(
        dimension=dimension,
        swapped=swapped,
        unchanged=unchanged,
        excess=excess,
        excess_low=low,
        excess_high=high,
        shift=_shift([one.pairs for one in graded]),
    )


def _excess(swapped: Share, unchanged: Share) -> tuple[float | None, float | None, float | None]:
    """Return the difference of two shares with Newcombe's hybrid interval (1998, method 10).

    d − √((p₁−l₁)² + (u₂−p₂)²) to d + √((u₁−p₁)² + (p₂−l₂)²). It takes the two as independent, which is rather
    too wide. Without repeats it is the share itself.
    """
    if swapped.value is None or swapped.low is None or swapped.high is None:
        return None, None, None
    if unchanged.value is None or unchanged.low is None or unchanged.high is None:
        return swapped.value, swapped.low, swapped.high
    difference = swapped.value - unchanged.value
    down = math.hypot(swapped.value - swapped.low, unchanged.high - unchanged.value)
    up = math.hypot(swapped.high - swapped.value, unchanged.value - unchanged.low)
    return difference, max(-1.0, difference - down), min(1.0, difference + up)


def _shift(groups: Sequence[Sequence[Pair]]) -> Shift:
    """Return the mean shift; its interval resamples conversations, so it needs some, and some that differ."""
    shifts = [[pair.shift for pair in group if pair.shift is not None] for group in groups]
    rows = [(sum(group), float(len(group))) for group in shifts if group]
    grades = int(sum(count for _, count in rows))
    if not grades:
        return Shift(grades=0, mean=None)
    mean = sum(total for total, _ in rows) / grades
    if len(rows) < ENOUGH_FOR_RESAMPLING or not any(shift for group in shifts for shift in group):
        return Shift(grades=grades, mean=mean)
    interval = percentiles(resampled_sums(rows), lambda sums: sums[:, 0] / sums[:, 1])
    low, high = interval or (None, None)
    return Shift(grades=grades, mean=mean, low=low, high=high)
