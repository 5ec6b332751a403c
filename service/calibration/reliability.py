"""What a confidence is worth: how often people agree within one level where the machine is that sure."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from service.calibration.arrays import Bools, Floats, group_numbers
from service.calibration.folds import folds, missing
from service.calibration.rates import wilson
from service.domain.agreement import Estimate
from service.domain.calibration import ConfidenceMap, ReliabilityBin

FEWEST_LABELS = 20
BINS = 10
LABELS_PER_BIN = 15
RESAMPLES = 2_000

_EDGE = 1e-3
"""No confidence counts as nearer to 0 or 1 than this: logarithms are taken."""

_PRIOR = 10.0
"""So many labels are made up for every map, agreeing as often as all labels together do."""

Curve = Callable[[Floats], Floats]
Fit = Callable[[Floats, Floats], Curve]
"""Takes raw confidences and whether people agreed, both of shape (n,); returns calibrated from raw."""


def base_rate(_raw: Floats, agreed: Floats) -> Curve:
    """Say for every confidence how often people agree at all: (Σ agreed + 1/2) / (n + 1)."""
    share = (agreed.sum() + 0.5) / (len(agreed) + 1)
    return lambda x: np.full(len(x), share)


def platt(raw: Floats, agreed: Floats) -> Curve:
    """Fit 1 / (1 + exp(-(a·logit raw + b))), a never below 0, with a ridge on a.

    Source: Platt 1999, on log-odds as in beta calibration (Kull et al. 2017).
    """
    from scipy import optimize

    odds = _logit(raw)

    def loss(parameters: Floats) -> float:
        z = parameters[0] * odds + parameters[1]
        return float(np.logaddexp(0, z).sum() - agreed @ z + 0.5 * (parameters[0] - 1) ** 2)

    slope, offset = optimize.minimize(loss, (1.0, 0.0), bounds=((0, None), (None, None))).x
    return lambda x: np.asarray(1 / (1 + np.exp(-(slope * _logit(x) + offset))), dtype=np.float64)


def isotonic(raw: Floats, agreed: Floats) -> Curve:
    """Fit the share that agrees, never falling with confidence, linear between.

    Source: Zadrozny & Elkan 2002; pooling adjacent violators.
    """
    from scipy import optimize

    places, inverse, counts = np.unique(raw, return_inverse=True, return_counts=True)
    shares = np.bincount(inverse, agreed) / counts
    fitted = optimize.isotonic_regression(shares, weights=counts.astype(np.float64)).x
    return lambda x: np.asarray(np.interp(x, places, fitted), dtype=np.float64)


def shrunk(fit: Fit) -> Fit:
    """Return `fit` drawn towards the base rate as by ten labels more: (n·c + 10·base) / (n + 10)."""

    def fitted(raw: Floats, agreed: Floats) -> Curve:
        curve, base = fit(raw, agreed), base_rate(raw, agreed)
        share = len(agreed) / (len(agreed) + _PRIOR)
        return lambda x: share * curve(x) + (1 - share) * base(x)

    return fitted


KINDS: tuple[Fit, ...] = (base_rate, shrunk(platt), shrunk(isotonic))
"""From the simplest to the boldest."""


def fit_confidence_map(
    raw: npt.ArrayLike, agreed: npt.ArrayLike, *, groups: npt.ArrayLike | None = None, seed: int = 0
) -> ConfidenceMap | str:
    """Return the map from raw confidence to the probability that a person agrees.

    `raw`, shape (n,): confidences, 0 to 1; NaN, where none was measured, is left out. `agreed`, shape (n,):
    whether a person agreed within one level. Items of one group are held out together. Below 20 labels, and
    where one group holds them all, a sentence that says what is missing.

    The kind is chosen by the cross-validated log score: the same share for all, Platt's curve, or an isotonic
    one, each drawn towards the base rate as by ten labels more. Calibration errors and the reliability
    diagram are cross-validated too.
    """
    confidence, yes = np.asarray(raw, dtype=np.float64), np.asarray(agreed, dtype=np.float64)
    kept = ~np.isnan(confidence)
    numbers = (np.arange(len(kept)) if groups is None else group_numbers(groups))[kept]
    confidence, yes = np.clip(confidence[kept], 0, 1), yes[kept]
    parts = folds(numbers, seed)
    if len(yes) < FEWEST_LABELS or not parts:
        return missing("confidence is not calibrated", len(yes), FEWEST_LABELS)
    held = [_held_out(fit, confidence, yes, parts) for fit in KINDS]
    best = int(np.argmin([_log_loss(predicted, yes) for predicted in held]))
    return ConfidenceMap(
        knots=_knots(KINDS[best](confidence, yes), confidence),
        n=len(yes),
        ece_before=calibration_error(confidence, yes, seed),
        ece_after=calibration_error(held[best], yes, seed),
        reliability=reliability_diagram(held[best], yes),
    )


def calibrated(confidence_map: ConfidenceMap, raw: float) -> float:
    """Return the calibrated confidence for a raw one: linear between knots, flat beyond them."""
    x, y = zip(*confidence_map.knots, strict=True)
    return float(np.interp(raw, x, y))


def reliability_diagram(confidence: Floats, agreed: Floats) -> tuple[ReliabilityBin, ...]:
    """Return bins of about equally many grades, ascending; equal confidences stay together."""
    bins = []
    for members in _bins(confidence):
        n, share = int(members.sum()), float(agreed[members].mean())
        low, high = wilson(share, n)
        inside = confidence[members]
        bins.append(
            ReliabilityBin(
                low=inside.min(),
                high=inside.max(),
                n=n,
                confidence=inside.mean(),
                agreed=Estimate(value=share, low=low, high=high, n=n),
            )
        )
    return tuple(bins)


def calibration_error(confidence: Floats, agreed: Floats, seed: int) -> Estimate:
    """Return the expected calibration error with its 95 % interval: Σ nᵦ/n·|mean confidence - share agreed|.

    Bins of about equal size. Even a perfect confidence shows an error in few labels; what it would show on
    average is taken off the value, down to 0. The interval comes from Jeffreys' belief of each bin's share;
    its low end is 0 where a perfect confidence would show as much in one of 40 cases. Sources: Naeini et al.
    2015; equal bins and the bias: Roelofs et al. 2022; consistency resampling: Bröcker & Smith 2007.
    """
    rng = np.random.default_rng(seed)
    members = np.stack(_bins(confidence)).astype(np.float64)
    counts, agreements = members.sum(axis=1), members @ agreed
    stated = np.clip(members @ confidence / counts, 0.0, 1.0)
    shape = (RESAMPLES, len(counts))
    value = float(_ece(agreements / counts, stated, counts))
    perfect = _ece(rng.binomial(counts.astype(np.int64), stated, shape) / counts, stated, counts)
    believed = _ece(rng.beta(agreements + 0.5, counts - agreements + 0.5, shape), stated, counts)
    corrected = max(0.0, value - float(perfect.mean()))
    low, high = (float(x) for x in np.quantile(believed, (0.025, 0.975)))
    low = 0.0 if value <= np.quantile(perfect, 0.975) else min(low, corrected)
    return Estimate(value=corrected, low=low, high=max(high, corrected), n=len(agreed))


def _ece(shares: Floats, stated: Floats, counts: Floats) -> Floats:
    """Return the error of each row of shares, shape (…, bins)."""
    return np.asarray(np.abs(shares - stated) @ (counts / counts.sum()), dtype=np.float64)


def _bins(confidence: Floats) -> list[Bools]:
    """Return about equally full bins of ascending confidence, fewer where labels are few or equal."""
    count = int(np.clip(len(confidence) // LABELS_PER_BIN, 1, BINS))
    edges = np.unique(np.quantile(confidence, np.arange(1, count) / count, method="lower"))
    places = np.searchsorted(edges, confidence, side="left")
    return [np.asarray(places == place, dtype=np.bool_) for place in np.unique(places)]


def _held_out(fit: Fit, raw: Floats, agreed: Floats, parts: list[Bools]) -> Floats:
    predicted = np.empty(len(raw))
    for held in parts:
        predicted[held] = fit(raw[~held], agreed[~held])(raw[held])
    return np.clip(predicted, 0.0, 1.0)


def _log_loss(predicted: Floats, agreed: Floats) -> float:
    inside = np.clip(predicted, _EDGE, 1 - _EDGE)
    return float(-(agreed * np.log(inside) + (1 - agreed) * np.log(1 - inside)).mean())


def _knots(curve: Curve, raw: Floats) -> tuple[tuple[float, float], ...]:
    """Return the curve as at most 33 points between the lowest and the highest confidence seen."""
    places = np.unique(np.quantile(raw, np.linspace(0, 1, 33)))
    heights = np.maximum.accumulate(np.clip(curve(places), 0.0, 1.0))
    return tuple((float(x), float(y)) for x, y in zip(places, heights, strict=True))


def _logit(x: Floats) -> Floats:
    inside = np.clip(x, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside)), dtype=np.float64)
