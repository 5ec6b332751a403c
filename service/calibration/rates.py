"""The share of all conversations that people would say yes to, from the machine's yes and no to all of them
and people's to a few.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.calibration.arrays import Bools, Floats, Ints
from service.calibration.intervals import wilson_of_share
from service.calibration.means import FEWEST_LABELS, LEVEL, correlation
from service.calibration.sampling import Design, UnlabelledStratum, design_of
from service.domain.calibration import Corrected

PRIOR = 0.5
"""Jeffreys' prior: half a yes and half a no before anything is seen."""


FEW = 5.5
"""Below so many labels with one answer, the usual bound on its side is not safe."""


class Beta(NamedTuple):
    """What is believed of a share after `yes` and `no`, the prior included."""

    yes: float
    no: float

    @property
    def mean(self) -> float:
        """E[p] = yes / (yes + no)."""
        return self.yes / (self.yes + self.no)

    @property
    def square(self) -> float:
        """E[p²] = yes (yes + 1) / ((yes + no) (yes + no + 1))."""
        total = self.yes + self.no
        return self.yes * (self.yes + 1) / (total * (total + 1))

    @property
    def variance(self) -> float:
        """E[p²] - E[p]²."""
        return self.square - self.mean**2


def corrected_rate(
    people: npt.ArrayLike,
    machine: npt.ArrayLike,
    unlabelled: npt.ArrayLike,
    *,
    probability: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
    unlabelled_strata: npt.ArrayLike | None = None,
) -> Corrected:
    """Return the share of yes that people would have said over everything, with its 95 % interval.

    `people` and `machine`, shape (n,): 1 for yes and 0 for no, on the labelled items; `unlabelled`, shape
    (m,): the machine's on all others. NaN says that this side gave no answer (not applicable): the share is
    of what people call applicable, which `n` counts. Labels that were not drawn at random come with
    `probability` or with strata, as in `corrected_mean`.

    The chain rule with Beta beliefs (Hofer et al. 2024, arXiv 2405.06034): share = P(machine yes)·P(yes |
    machine yes) + P(machine no)·P(yes | machine no), the first from everything, the others from the labels
    after each answer; unequal labels count as their effective number. Its exact mean and variance are given
    the shape of a Beta. No answer is a third one of the machine's, and each one's share is that among what is
    applicable. Falls back to the labels alone, and says so, below 20 labels with an answer on both sides and
    where these hardly go together.

    Raises ValueError where columns differ in length, a probability is not within (0, 1], or a number is
    neither 0 nor 1.
    """
    ours, theirs, others = (_answers(x) for x in (people, machine, unlabelled))
    if ours.shape != theirs.shape:
        raise ValueError("people and machine have to be as long as each other")
    try:
        design = design_of(len(ours), probability, strata, unlabelled_strata)
    except UnlabelledStratum as error:
        return Corrected(value=None, n=0, method=None, note=f"no label in stratum {error}")
    reason = _reason_against(ours, theirs, others, design)
    if reason is not None:
        return _rate_of_labels(ours, design, reason)
    return _corrected(ours, np.concatenate([theirs, others]), design)


def labels_only_rate(people: npt.ArrayLike, *, probability: npt.ArrayLike | None = None) -> Corrected:
    """Return the share of yes among people's answers (1 and 0, shape (n,)) with its 95 % interval.

    NaN: not applicable, and in no share. Labels of unequal probability count as their effective number.
    """
    answers = _answers(people)
    return _rate_of_labels(answers, design_of(len(answers), probability, None, None), None)


def opened(interval: tuple[float, float], share: float, n: float) -> tuple[float, float]:
    """Return the 95 % interval of a rate, opened to the exact bound of the labels where few gave an answer.

    `share` of `n` labels said yes. One yes among labels puts the lower bound of Wilson's interval, and more
    so that of a Beta, above a rare rate; the side of the other answer is left as it is. Source: Brown, Cai &
    DasGupta 2001 (there the bound of a Poisson count; here that of Clopper & Pearson 1934).
    """
    from scipy import stats

    tail, yes, no = (1 - LEVEL) / 2, share * n, (1 - share) * n
    low, high = interval
    if 1e-9 < yes < FEW:
        low = min(low, float(stats.beta.ppf(tail, yes, no + 1)))
    if 1e-9 < no < FEW:
        high = max(high, float(stats.beta.ppf(1 - tail, yes + 1, no)))
    return low, high


class Split(NamedTuple):
    """What is believed of how everything divides into k answers: `mean` (k,) and `covariance` (k, k)."""

    mean: Floats
    covariance: Floats


def split_of(counts: npt.ArrayLike) -> Split:
    """Return mean and covariance of shares after these counts, the prior included: those of a Dirichlet.

    m = c/t, (diag(m) - mmᵀ) / (t + 1), t the sum of c.
    """
    column = np.asarray(counts, dtype=np.float64)
    mean = column / column.sum()
    return Split(mean, (np.diag(mean) - np.outer(mean, mean)) / (column.sum() + 1))


def among_applicable(split: Split, applicable: Sequence[Beta]) -> Split:
    """Return how the applicable part divides, when `applicable` is believed of each answer.

    hₖ = gₖaₖ / Σgⱼaⱼ, linearised at the means; g and a are independent, so that E[gⱼgₖaⱼaₖ] is a product.
    """
    means = np.array([belief.mean for belief in applicable])
    spread = np.diag([belief.variance for belief in applicable])
    whole = split.mean * means
    both = (split.covariance + np.outer(split.mean, split.mean)) * (np.outer(means, means) + spread)
    mean = whole / whole.sum()
    slopes = (np.eye(len(mean)) - mean[:, None]) / whole.sum()
    return Split(mean, slopes @ (both - np.outer(whole, whole)) @ slopes.T)


def chain(split: Split, after: Sequence[Beta]) -> tuple[float, float]:
    """Return mean and variance of Σ hₖbₖ, for shares h and independent beliefs b, one after each answer.

    E = Σ E[hₖ]E[bₖ]; variance = E[b]ᵀ·Cov(h)·E[b] + Σ E[hₖ²]·Var(bₖ).
    """
    means = np.array([belief.mean for belief in after])
    variances = np.array([belief.variance for belief in after])
    squares = np.diag(split.covariance) + split.mean**2
    variance = means @ split.covariance @ means + squares @ variances
    return float(split.mean @ means), float(variance)


def beta_interval(mean: float, variance: float) -> tuple[float, float]:
    """Return the middle 95 % of the Beta distribution with this mean and variance.

    Its size is m(1 - m)/v - 1, never less than that of the prior. Source: the method of moments.
    """
    from scipy import stats

    size = max(mean * (1 - mean) / variance - 1, 2 * PRIOR)
    tail = (1 - LEVEL) / 2
    low, high = stats.beta.ppf([tail, 1 - tail], mean * size, (1 - mean) * size)
    return float(low), float(high)


def _answers(values: npt.ArrayLike) -> Floats:
    answers = np.asarray(values, dtype=np.float64)
    if not np.all(np.isnan(answers) | (answers == 0) | (answers == 1)):
        raise ValueError("answers have to be 1 for yes and 0 for no")
    return answers


def _reason_against(people: Floats, machine: Floats, others: Floats, design: Design) -> str | None:
    both = ~(np.isnan(people) | np.isnan(machine))
    n = int(both.sum())
    if n < FEWEST_LABELS:
        return f"labels only: fewer than {FEWEST_LABELS} labels, which cannot correct the machine's answers"
    if np.isnan(others).all():
        return "labels only: nothing is graded that is not labelled"
    whole = Design(design.weights, np.zeros_like(design.strata)).part(both)
    if correlation(people[both], machine[both], whole) < 1 / np.sqrt(n - 2):
        return "labels only: the machine's answers hardly go with people's"
    return None


def _corrected(people: Floats, everything: Floats, design: Design) -> Corrected:
    kinds = _kinds(everything)
    applicable, labelled = ~np.isnan(people), kinds[: len(people)]
    cells = [labelled == kind for kind in range(max(2, int(kinds.max()) + 1))]
    split = split_of(np.bincount(kinds, minlength=len(cells)) + PRIOR)
    if len(cells) > 2 or not applicable.all():
        applies = [_belief(applicable.astype(np.float64), design.weights, cell) for cell in cells]
        split = among_applicable(split, applies)
    after = [_belief(people, design.weights, cell & applicable) for cell in cells]
    mean, variance = chain(split, after)
    n, part = int(applicable.sum()), design.part(applicable)
    share = float(part.weights @ people[applicable])
    low, high = opened(beta_interval(mean, variance), share, part.effective)
    alone = _belief(people, design.weights, applicable)
    return Corrected(
        value=mean,
        low=low,
        high=high,
        n=n,
        method="corrected",
        effective_labels=min(n * alone.variance / variance, float((kinds < 2).sum())),
        note=part.caution,
    )


def _kinds(machine: Floats) -> Ints:
    """Return 0 for each yes, 1 for each no, 2 where there is no answer."""
    return np.where(np.isnan(machine), 2, machine == 0).astype(np.int64)


def _belief(people: Floats, weights: Floats, of: Bools) -> Beta:
    """Return what the labels in `of` say of the share of yes; unequal ones as their effective number."""
    answers, weight = people[of], weights[of]
    if not len(answers):
        return Beta(PRIOR, PRIOR)
    size = weight.sum() ** 2 / (weight**2).sum()
    share = float(weight @ answers) / weight.sum()
    return Beta(share * size + PRIOR, (1 - share) * size + PRIOR)


def _rate_of_labels(people: Floats, design: Design, note: str | None) -> Corrected:
    applicable = ~np.isnan(people)
    n, part = int(applicable.sum()), design.part(applicable)
    if n == 0:
        return Corrected(value=None, n=0, method=None, note="no labels")
    share = min(1.0, max(0.0, float(part.weights @ people[applicable])))
    low, high = opened(wilson_of_share(share, part.effective), share, part.effective)
    notes = "; ".join(one for one in (note, part.caution) if one) or None
    return Corrected(
        value=share, low=low, high=high, n=n, method="labels_only", effective_labels=n, weight=0.0, note=notes
    )
