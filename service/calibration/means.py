"""The mean level of all conversations, from the machine's grades of all and people's of a few.

The plain mean of the machine's grades is as wrong as the machine. People's labels show by how much; the
machine's grades of everything else make the interval narrower than the labels alone would.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.calibration.arrays import Floats
from service.calibration.sampling import Design, UnlabelledStratum, design_of
from service.domain.calibration import Corrected

FEWEST_LABELS = 20
"""Below this many labels the weight of the machine is mostly noise."""

LEVEL = 0.95


class _Sample(NamedTuple):
    """Labelled items with both numbers, the design they came by, and the machine's levels of everything."""

    people: Floats
    machine: Floats
    design: Design
    everything: Floats


def corrected_mean(
    people: npt.ArrayLike,
    machine: npt.ArrayLike,
    unlabelled: npt.ArrayLike,
    *,
    probability: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
    unlabelled_strata: npt.ArrayLike | None = None,
) -> Corrected:
    """Return the mean that people would have given over everything, with its 95 % interval.

    `people` and `machine`, shape (n,): both sides' levels of the labelled items; `unlabelled`, shape (m,):
    the machine's of all others. NaN is left out. Labels that were not drawn at random come with `probability`
    (0 to 1], shape (n,), or with `strata` (n,) and `unlabelled_strata` (m,); without any they count alike.

    PPI++ with the weight λ tuned leave-one-out (Angelopoulos, Duchi & Zrnic 2023, arXiv 2311.01453):
    θ = Σ wᵢ (Yᵢ - λ₋ᵢ (fᵢ - f̄)), f̄ the machine's mean of everything, variance that of the weighted mean of
    those terms plus λ²·Var(f)/(n + m), and a t interval with two degrees of freedom less than labels. Weights
    are 1/p or shares of strata (arXiv 2406.04291). Falls back to the labels alone, and says so in `note`,
    below 20 labels and where the machine's grades correlate with people's by less than 1/√(n - 2).

    Raises ValueError where columns differ in length or a probability is not within (0, 1].
    """
    try:
        sample = _sample(people, machine, unlabelled, probability, strata, unlabelled_strata)
    except UnlabelledStratum as error:
        return Corrected(value=None, n=0, method=None, note=f"no label in stratum {error}")
    reason = _reason_against(sample)
    if reason is not None:
        return _labels_only(sample.people, sample.design, reason)
    return _corrected(sample)


def labels_only(
    people: npt.ArrayLike, *, probability: npt.ArrayLike | None = None, strata: npt.ArrayLike | None = None
) -> Corrected:
    """Return the mean of people's levels, shape (n,), with its 95 % interval: Σ wᵢYᵢ ± t·s.

    t has one degree of freedom less than labels (of equal weight). NaN is left out.
    """
    column = np.asarray(people, dtype=np.float64)
    kept = ~np.isnan(column)
    return _labels_only(column[kept], design_of(kept, None, probability, strata, None), None)


def loo_weights(people: Floats, machine: Floats, design: Design) -> Floats:
    """Return for each label the weight that the machine deserves by all the other labels, shape (n,).

    The slope of people's on the machine's levels within strata, Σ w·dx·dy / Σ w·dx². Leaving label i out
    takes wᵢWₕ/(Wₕ - wᵢ)·dxᵢ·dyᵢ from the sums (Wₕ: weight of its stratum), so that nothing is fitted n times.
    0 where the others' machine levels are all the same.
    """
    dx, dy = design.centred(machine), design.centred(people)
    rest = np.bincount(design.strata, design.weights)[design.strata] - design.weights
    alone = rest <= 1e-12
    lost = np.where(alone, 0.0, design.weights * (rest + design.weights) / np.where(alone, 1.0, rest))
    products = (design.weights * dx * dy).sum() - lost * dx * dy
    squares = (design.weights * dx * dx).sum() - lost * dx * dx
    flat = squares <= 1e-12
    return np.asarray(np.where(flat, 0.0, products / np.where(flat, 1.0, squares)), dtype=np.float64)


def correlation(people: Floats, machine: Floats, design: Design) -> float:
    """Return the weighted correlation of both sides within strata; 0 where one side never varies."""
    dx, dy = design.centred(machine), design.centred(people)
    xx, yy, xy = (float((design.weights * product).sum()) for product in (dx * dx, dy * dy, dx * dy))
    return xy / float(np.sqrt(xx * yy)) if xx > 1e-12 and yy > 1e-12 else 0.0


def _sample(
    people: npt.ArrayLike,
    machine: npt.ArrayLike,
    unlabelled: npt.ArrayLike,
    probability: npt.ArrayLike | None,
    strata: npt.ArrayLike | None,
    unlabelled_strata: npt.ArrayLike | None,
) -> _Sample:
    ours, theirs = (np.asarray(x, dtype=np.float64) for x in (people, machine))
    others = np.asarray(unlabelled, dtype=np.float64)
    if ours.shape != theirs.shape:
        raise ValueError("people and machine have to be as long as each other")
    kept, rest = ~(np.isnan(ours) | np.isnan(theirs)), ~np.isnan(others)
    design = design_of(kept, rest, probability, strata, unlabelled_strata)
    everything = np.concatenate([theirs[kept], others[rest]])
    return _Sample(ours[kept], theirs[kept], design, everything)


def _reason_against(sample: _Sample) -> str | None:
    """Return why the machine's grades cannot help, None where they can."""
    n = len(sample.people)
    if n < FEWEST_LABELS:
        return f"labels only: fewer than {FEWEST_LABELS} labels, which cannot correct the machine's grades"
    if len(sample.everything) == n:
        return "labels only: nothing is graded that is not labelled"
    if correlation(sample.people, sample.machine, sample.design) < 1 / np.sqrt(n - 2):
        return "labels only: the machine's grades hardly go with people's"
    if np.allclose(sample.people, sample.machine):
        return "labels only: not one difference has been seen yet, which says little about the rest"
    return None


def _corrected(sample: _Sample) -> Corrected:
    people, machine, design, everything = sample
    weights = loo_weights(people, machine, design)
    terms = people - weights * (machine - everything.mean())
    weight = design.mean(weights)
    variance = design.variance(terms) + weight**2 * everything.var(ddof=1) / len(everything)
    low, high = _interval(design.mean(terms), variance, design.freedom - 1)
    return Corrected(
        value=design.mean(terms),
        low=low,
        high=high,
        n=len(people),
        method="corrected",
        effective_labels=len(people) * design.variance(people) / variance,
        weight=weight,
        note=design.caution,
    )


def _labels_only(people: Floats, design: Design, note: str | None) -> Corrected:
    n = len(people)
    if n == 0:
        return Corrected(value=None, n=0, method=None, note="no labels")
    value, variance = design.mean(people), design.variance(people) if n > 1 else 0.0
    if variance <= 0:
        missing = "one label has no interval" if n == 1 else "all labels are the same: no interval"
        return Corrected(value=value, n=n, method="labels_only", weight=0.0, note=missing)
    low, high = _interval(value, variance, design.freedom)
    notes = "; ".join(part for part in (note, design.caution) if part) or None
    return Corrected(
        value=value, low=low, high=high, n=n, method="labels_only", effective_labels=n, weight=0.0, note=notes
    )


def _interval(value: float, variance: float, freedom: float) -> tuple[float, float]:
    from scipy import stats

    half = float(stats.t.ppf((1 + LEVEL) / 2, max(freedom, 1.0)) * np.sqrt(variance))
    return value - half, value + half
