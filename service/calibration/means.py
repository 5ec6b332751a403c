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


FEWEST_APART = 8
"""Where fewer labels differ from the most frequent one, t intervals of a skewed column cover too seldom."""


class _Sample(NamedTuple):
    """Both sides' levels of the labelled items, the design these came by, and the machine's levels of
    everything. NaN: not applicable.
    """

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
    the machine's of all others. NaN says that this side gave no level (not applicable): the mean is over what
    people call applicable. Labels that were not drawn at random come with `probability` (0 to 1], shape (n,),
    or with `strata` (n,) and `unlabelled_strata` (m,); without any they count alike.

    PPI++ with the weight λ tuned leave-one-out (Angelopoulos, Duchi & Zrnic 2023, arXiv 2311.01453), as a
    ratio: θ = Σ wᵢ (AᵢYᵢ - λ₋ᵢA'ᵢ(fᵢ - f̄)) / Σ wᵢAᵢ. A and A' are 1 where people and the machine gave a
    level, f̄ is the machine's mean of everything that it gave one. Its variance, linearised, is that of the
    weighted mean of A(Y - θ) - λA'(f - f̄) plus λ²·Var(A'(f - f̄))/(n + m), over (Σ wA)². The t interval has
    two degrees of freedom less than applicable labels, which `n` counts. Weights are 1/p or shares of strata
    (arXiv 2406.04291). Falls back to the labels alone, and says so in `note`, below 20 labels with a level on
    both sides, where these correlate by less than 1/√(n - 2), and where they correlate without a flaw.

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

    t has one degree of freedom less than labels (of equal weight). NaN: not applicable, and in no mean.
    """
    column = np.asarray(people, dtype=np.float64)
    return _labels_only(column, design_of(len(column), probability, strata, None), None)


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
    design = design_of(len(ours), probability, strata, unlabelled_strata)
    return _Sample(ours, theirs, design, np.concatenate([theirs, others]))


def _reason_against(sample: _Sample) -> str | None:
    """Return why the machine's grades cannot help, None where they can."""
    people, machine, design, everything = sample
    both = ~(np.isnan(people) | np.isnan(machine))
    n = int(both.sum())
    if n < FEWEST_LABELS:
        return f"labels only: fewer than {FEWEST_LABELS} labels, which cannot correct the machine's grades"
    if np.isnan(everything[len(people) :]).all():
        return "labels only: nothing is graded that is not labelled"
    together = correlation(people[both], machine[both], design.part(both))
    if together < 1 / np.sqrt(n - 2):
        return "labels only: the machine's grades hardly go with people's"
    # A machine that is always one level off differs from people no more in its mean than one that never is.
    if together > 1 - 1e-9:
        return "labels only: not one difference has been seen yet, which says little about the rest"
    return None


def _corrected(sample: _Sample) -> Corrected:
    people, machine, design, everything = sample
    alone, its_mean = _mean_of_labels(people, design), float(np.nanmean(everything))
    # Around its own mean, the machine's mistakes and its N/A weigh nothing on average over everything.
    controls, of_all = _around(machine, its_mean), _around(everything, its_mean)
    weights = loo_weights(_around(people, alone), controls, design)
    share = _share(people, design)
    value = alone - design.mean(weights * controls) / share
    weight = design.mean(weights)
    variance = _variance(people, _around(people, value) - weights * controls, design)
    variance += weight**2 * of_all.var(ddof=1) / len(of_all) / share**2
    applicable = design.part(~np.isnan(people))
    low, high = _interval(value, variance, applicable.freedom - 1)
    n = len(applicable.weights)
    by_labels = _variance(people, _around(people, alone), design)
    return Corrected(
        value=value,
        low=low,
        high=high,
        n=n,
        method="corrected",
        # Labels of everything that is graded are the most that its grades can stand for.
        effective_labels=min(n * by_labels / variance, float((~np.isnan(everything)).sum())),
        weight=weight,
        note=_note(None, people, design),
    )


def _labels_only(people: Floats, design: Design, note: str | None) -> Corrected:
    applicable = ~np.isnan(people)
    n = int(applicable.sum())
    if n == 0:
        return Corrected(value=None, n=0, method=None, note="no labels")
    value = _mean_of_labels(people, design)
    variance = _variance(people, _around(people, value), design) if n > 1 else 0.0
    # Rounding leaves labels that are all the same a spread of some 1e-16.
    if np.ptp(people[applicable]) < 1e-9 or variance < 1e-18:
        missing = "one label has no interval" if n == 1 else "all labels are the same: no interval"
        return Corrected(value=value, n=n, method="labels_only", weight=0.0, note=missing)
    low, high = _interval(value, variance, design.part(applicable).freedom)
    notes = _note(note, people, design)
    return Corrected(
        value=value, low=low, high=high, n=n, method="labels_only", effective_labels=n, weight=0.0, note=notes
    )


def _around(values: Floats, middle: float) -> Floats:
    """Return how far each is from `middle`; not at all where it is not applicable."""
    return np.where(np.isnan(values), 0.0, values - middle)


def _share(people: Floats, design: Design) -> float:
    """Return the share of everything that is applicable by the labels."""
    return design.mean((~np.isnan(people)).astype(np.float64))


def _mean_of_labels(people: Floats, design: Design) -> float:
    applicable = ~np.isnan(people)
    return design.part(applicable).mean(people[applicable])


def _variance(people: Floats, terms: Floats, design: Design) -> float:
    """Return the variance of a mean over the applicable labels, of which `terms` are the linearised ones.

    Divided by applicable labels less one, not by all less one. Source: Särndal, Swensson & Wretman 1992, 5.6.
    """
    n, applicable = len(people), int((~np.isnan(people)).sum())
    fewer = applicable / (applicable - 1) * (n - 1) / n
    return fewer * design.variance(terms) / _share(people, design) ** 2


def _note(note: str | None, people: Floats, design: Design) -> str | None:
    applicable = ~np.isnan(people)
    parts = (note, design.part(applicable).caution, _skew(people[applicable]))
    return "; ".join(part for part in parts if part) or None


def _skew(people: Floats) -> str | None:
    """Return what is to be said of an interval where few of the labels differ from all the others."""
    apart = len(people) - int(np.unique(people, return_counts=True)[1].max())
    if apart >= min(FEWEST_APART, len(people) / 4):
        return None
    return (
        f"the interval may be too narrow: only {apart} of {len(people)} labels differ from the most frequent"
    )


def _interval(value: float, variance: float, freedom: float) -> tuple[float, float]:
    from scipy import stats

    half = float(stats.t.ppf((1 + LEVEL) / 2, max(freedom, 1.0)) * np.sqrt(variance))
    return value - half, value + half
