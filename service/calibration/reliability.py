"""What a confidence is worth: how often people agree within one level where the machine is that sure."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from service.calibration.arrays import Bools, Floats, group_numbers
from service.calibration.folds import folds, missing
from service.calibration.intervals import wilson_of_share
from service.calibration.sampling import by_probability, countable, equal
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
Fit = Callable[[Floats, Floats, Floats], Curve]
"""Takes raw confidences, whether people agreed, and how many labels each counts for, all of shape (n,);
returns calibrated from raw.
"""


def base_rate(_raw: Floats, agreed: Floats, weights: Floats) -> Curve:
    """Say for every confidence how often people agree at all: (Σ agreed + 1/2) / (n + 1)."""
    share = (weights @ agreed + 0.5) / (weights.sum() + 1)
    return lambda x: np.full(len(x), share)


def platt(raw: Floats, agreed: Floats, weights: Floats) -> Curve:
    """Fit 1 / (1 + exp(-(a·logit raw + b))), a never below 0, with a ridge on a.

    Source: Platt 1999, on log-odds as in beta calibration (Kull et al. 2017).
    """
    from scipy import optimize

    odds = _logit(raw)

    def loss(parameters: Floats) -> float:
        z = parameters[0] * odds + parameters[1]
        apart = weights @ (np.logaddexp(0, z) - agreed * z)
        return float(apart + 0.5 * (parameters[0] - 1) ** 2)

    slope, offset = optimize.minimize(loss, (1.0, 0.0), bounds=((0, None), (None, None))).x
    return lambda x: np.asarray(1 / (1 + np.exp(-(slope * _logit(x) + offset))), dtype=np.float64)


def isotonic(raw: Floats, agreed: Floats, weights: Floats) -> Curve:
    """Fit the share that agrees, never falling with confidence, linear between.

    Source: Zadrozny & Elkan 2002; pooling adjacent violators.
    """
    from scipy import optimize

    places, inverse = np.unique(raw, return_inverse=True)
    counts = np.bincount(inverse, weights)
    shares = np.bincount(inverse, weights * agreed) / counts
    fitted = optimize.isotonic_regression(shares, weights=counts).x
    return lambda x: np.asarray(np.interp(x, places, fitted), dtype=np.float64)


def shrunk(fit: Fit) -> Fit:
    """Return `fit` drawn towards the base rate as by ten labels more: (n·c + 10·base) / (n + 10)."""

    def fitted(raw: Floats, agreed: Floats, weights: Floats) -> Curve:
        curve, base = fit(raw, agreed, weights), base_rate(raw, agreed, weights)
        share = weights.sum() / (weights.sum() + _PRIOR)
        return lambda x: share * curve(x) + (1 - share) * base(x)

    return fitted


KINDS: tuple[Fit, ...] = (base_rate, shrunk(platt), shrunk(isotonic))
"""From the simplest to the boldest."""


def fit_confidence_map(
    raw: npt.ArrayLike,
    agreed: npt.ArrayLike,
    *,
    groups: npt.ArrayLike | None = None,
    probability: npt.ArrayLike | None = None,
    seed: int = 0,
) -> ConfidenceMap | str:
    """Return the map from raw confidence to the probability that a person agrees.

    `raw`, shape (n,): confidences, 0 to 1; NaN, where none was measured, is left out. `agreed`, shape (n,):
    whether a person agreed within one level. Items of one group are held out together. Below 20 labels, and
    where one group holds them all, a sentence that says what is missing.

    The kind is chosen by the cross-validated log score: the same share for all, Platt's curve, or an isotonic
    one, each drawn towards the base rate as by ten labels more. Calibration errors and the reliability
    diagram are cross-validated too.

    `probability` (0 to 1], shape (n,): how likely each was to be labelled, NaN where nobody knows. Labels
    count 1/p everywhere, together as many as labels of equal weight would say as much; those of unknown
    probability are left out where 20 others are known, else all count alike.
    """
    confidence, yes = np.asarray(raw, dtype=np.float64), np.asarray(agreed, dtype=np.float64)
    kept = ~np.isnan(confidence)
    if probability is not None:
        chances = np.asarray(probability, dtype=np.float64)
        kept[kept] = countable(chances[kept], FEWEST_LABELS)[0]
    numbers = (np.arange(len(kept)) if groups is None else group_numbers(groups))[kept]
    confidence, yes = np.clip(confidence[kept], 0, 1), yes[kept]
    weights = _weights(len(yes), None if probability is None else chances[kept])
    parts = folds(numbers, seed)
    if len(yes) < FEWEST_LABELS or not parts:
        return missing("confidence is not calibrated", len(yes), FEWEST_LABELS)
    held = [_held_out(fit, confidence, yes, weights, parts) for fit in KINDS]
    best = int(np.argmin([_log_loss(predicted, yes, weights) for predicted in held]))
    return ConfidenceMap(
        knots=_knots(KINDS[best](confidence, yes, weights), confidence),
        n=len(yes),
        ece_before=calibration_error(confidence, yes, seed, weights),
        ece_after=calibration_error(held[best], yes, seed, weights),
        reliability=reliability_diagram(held[best], yes, weights),
    )


def _weights(labels: int, probability: Floats | None) -> Floats:
    """Return how many labels each counts for; their sum is the number of equal ones that say as much."""
    unknown = probability is None or not labels or np.isnan(probability).any()
    design = equal(labels) if unknown or probability is None else by_probability(probability)
    return design.weights * (design.effective if labels else 1.0)


def reliability_diagram(
    confidence: Floats, agreed: Floats, weights: Floats | None = None
) -> tuple[ReliabilityBin, ...]:
    """Return bins of about equally many grades, ascending; equal confidences stay together.

    `weights`, shape (n,), above 0: what each counts, alike where left out. `n` are the grades in a bin.
    """
    counting = np.ones(len(confidence)) if weights is None else weights
    bins = []
    for members in _bins(confidence):
        inside, mine = confidence[members], counting[members]
        n, share = int(members.sum()), float(np.average(agreed[members], weights=mine))
        low, high = wilson_of_share(share, max(1, round(_effective(mine))))
        bins.append(
            ReliabilityBin(
                low=inside.min(),
                high=inside.max(),
                n=n,
                confidence=float(np.average(inside, weights=mine)),
                agreed=Estimate(value=share, low=low, high=high, n=n),
            )
        )
    return tuple(bins)


def calibration_error(
    confidence: Floats, agreed: Floats, seed: int, weights: Floats | None = None
) -> Estimate:
    """Return the expected calibration error with its 95 % interval: Σ nᵦ/n·|mean confidence - share agreed|.

    Bins of about equal size. Even a perfect confidence shows an error in few labels; what it would show on
    average is taken off the value, down to 0. The interval comes from Jeffreys' belief of each bin's share;
    its low end is 0 where a perfect confidence would show as much in one of 40 cases. Sources: Naeini et al.
    2015; equal bins and the bias: Roelofs et al. 2022; consistency resampling: Bröcker & Smith 2007.

    `weights`, shape (n,), above 0: what each label counts, alike where left out; a bin then is as uncertain
    as one of as many equal labels as say as much (Kish 1965).
    """
    rng = np.random.default_rng(seed)
    members = np.stack(_bins(confidence)) * (np.ones(len(agreed)) if weights is None else weights)
    sizes = members.sum(axis=1)
    counts = np.array([max(1, round(_effective(row[row > 0]))) for row in members])
    shares = np.clip(members @ agreed / sizes, 0.0, 1.0)
    stated = np.clip(members @ confidence / sizes, 0.0, 1.0)
    shape = (RESAMPLES, len(counts))
    value = float(_ece(shares, stated, sizes))
    perfect = _ece(rng.binomial(counts, stated, shape) / counts, stated, sizes)
    believed = _ece(rng.beta(counts * shares + 0.5, counts * (1 - shares) + 0.5, shape), stated, sizes)
    corrected = max(0.0, value - float(perfect.mean()))
    low, high = (float(x) for x in np.quantile(believed, (0.025, 0.975)))
    low = 0.0 if value <= np.quantile(perfect, 0.975) else min(low, corrected)
    return Estimate(value=corrected, low=low, high=max(high, corrected), n=len(agreed))


def _effective(weights: Floats) -> float:
    """Return how many labels of equal weight say as much: (Σw)² / Σw². Source: Kish 1965."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def _ece(shares: Floats, stated: Floats, sizes: Floats) -> Floats:
    """Return the error of each row of shares, shape (…, bins)."""
    return np.asarray(np.abs(shares - stated) @ (sizes / sizes.sum()), dtype=np.float64)


def _bins(confidence: Floats) -> list[Bools]:
    """Return about equally full bins of ascending confidence, fewer where labels are few or equal."""
    count = int(np.clip(len(confidence) // LABELS_PER_BIN, 1, BINS))
    edges = np.unique(np.quantile(confidence, np.arange(1, count) / count, method="lower"))
    places = np.searchsorted(edges, confidence, side="left")
    return [np.asarray(places == place, dtype=np.bool_) for place in np.unique(places)]


def _held_out(fit: Fit, raw: Floats, agreed: Floats, weights: Floats, parts: list[Bools]) -> Floats:
    predicted = np.empty(len(raw))
    for held in parts:
        predicted[held] = fit(raw[~held], agreed[~held], weights[~held])(raw[held])
    return np.clip(predicted, 0.0, 1.0)


def _log_loss(predicted: Floats, agreed: Floats, weights: Floats) -> float:
    inside = np.clip(predicted, _EDGE, 1 - _EDGE)
    return float(-(weights @ (agreed * np.log(inside) + (1 - agreed) * np.log(1 - inside))))


def _knots(curve: Curve, raw: Floats) -> tuple[tuple[float, float], ...]:
    """Return the curve as at most 33 points between the lowest and the highest confidence seen."""
    places = np.unique(np.quantile(raw, np.linspace(0, 1, 33)))
    heights = np.maximum.accumulate(np.clip(curve(places), 0.0, 1.0))
    return tuple((float(x), float(y)) for x, y in zip(places, heights, strict=True))


def _logit(x: Floats) -> Floats:
    inside = np.clip(x, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside)), dtype=np.float64)
