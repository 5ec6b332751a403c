"""The share of all conversations that people would say yes to, from the machine's yes and no to all of them
and people's to a few.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.calibration.arrays import Floats
from service.calibration.means import FEWEST_LABELS, LEVEL, correlation
from service.calibration.sampling import Design, UnlabelledStratum, design_of
from service.domain.calibration import Corrected

PRIOR = 0.5
"""Jeffreys' prior: half a yes and half a no before anything is seen."""


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
    (m,): the machine's on all others. NaN is left out. Labels that were not drawn at random come with
    `probability` or with strata, as in `corrected_mean`.

    The chain rule with Beta beliefs (Hofer et al. 2024, arXiv 2405.06034): share = P(machine yes)·P(yes |
    machine yes) + P(machine no)·P(yes | machine no), the first from everything, the others from the labels
    after each answer; unequal labels count as their effective number. Its exact mean and variance are given
    the shape of a Beta. Falls back to Wilson's interval on the labels alone, and says so, below 20 labels and
    where the answers hardly go together.

    Raises ValueError where columns differ in length, a probability is not within (0, 1], or a number is
    neither 0 nor 1.
    """
    ours, theirs, others = (_answers(x) for x in (people, machine, unlabelled))
    if ours.shape != theirs.shape:
        raise ValueError("people and machine have to be as long as each other")
    kept, rest = ~(np.isnan(ours) | np.isnan(theirs)), ~np.isnan(others)
    try:
        design = design_of(kept, rest, probability, strata, unlabelled_strata)
    except UnlabelledStratum as error:
        return Corrected(value=None, n=0, method=None, note=f"no label in stratum {error}")
    ours, theirs, others = ours[kept], theirs[kept], others[rest]
    reason = _reason_against(ours, theirs, others, design)
    if reason is not None:
        return _rate_of_labels(ours, design, reason)
    return _corrected(ours, theirs, np.concatenate([theirs, others]), design)


def labels_only_rate(people: npt.ArrayLike, *, probability: npt.ArrayLike | None = None) -> Corrected:
    """Return the share of yes among people's answers (1 and 0, shape (n,)) with Wilson's 95 % interval.

    NaN is left out; labels of unequal probability count as their effective number.
    """
    answers = _answers(people)
    kept = ~np.isnan(answers)
    return _rate_of_labels(answers[kept], design_of(kept, None, probability, None, None), None)


def wilson(share: float, n: float) -> tuple[float, float]:
    """Return the 95 % interval of a share seen in `n` items.

    (p + z²/2n ± z·√(p(1 - p)/n + z²/4n²)) / (1 + z²/n). Source: Wilson 1927.
    """
    from scipy import stats

    z2 = float(stats.norm.ppf((1 + LEVEL) / 2)) ** 2
    middle, half = share + z2 / (2 * n), np.sqrt(z2 * share * (1 - share) / n + z2 * z2 / (4 * n * n))
    return max(0.0, float((middle - half) / (1 + z2 / n))), min(1.0, float((middle + half) / (1 + z2 / n)))


def chain(given: Beta, after_yes: Beta, after_no: Beta) -> tuple[float, float]:
    """Return mean and variance of g·a + (1 - g)·b for independent beliefs g, a and b.

    E = E[g]E[a] + E[1 - g]E[b]; E[square] = E[g²]E[a²] + 2 E[g(1 - g)]E[a]E[b] + E[(1 - g)²]E[b²].
    """
    mean = given.mean * after_yes.mean + (1 - given.mean) * after_no.mean
    both = given.mean - given.square
    neither = 1 - 2 * given.mean + given.square
    square = (
        given.square * after_yes.square
        + 2 * both * after_yes.mean * after_no.mean
        + neither * after_no.square
    )
    return mean, square - mean**2


def beta_interval(mean: float, variance: float) -> tuple[float, float]:
    """Return the middle 95 % of the Beta distribution with this mean and variance.

    Its size is m(1 - m)/v - 1. Source: the method of moments.
    """
    from scipy import stats

    size = mean * (1 - mean) / variance - 1
    tail = (1 - LEVEL) / 2
    low, high = stats.beta.ppf([tail, 1 - tail], mean * size, (1 - mean) * size)
    return float(low), float(high)


def _answers(values: npt.ArrayLike) -> Floats:
    answers = np.asarray(values, dtype=np.float64)
    if not np.all(np.isnan(answers) | (answers == 0) | (answers == 1)):
        raise ValueError("answers have to be 1 for yes and 0 for no")
    return answers


def _reason_against(people: Floats, machine: Floats, others: Floats, design: Design) -> str | None:
    n = len(people)
    if n < FEWEST_LABELS:
        return f"labels only: fewer than {FEWEST_LABELS} labels, which cannot correct the machine's answers"
    if not len(others):
        return "labels only: nothing is graded that is not labelled"
    whole = Design(design.weights, np.zeros_like(design.strata))
    if correlation(people, machine, whole) < 1 / np.sqrt(n - 2):
        return "labels only: the machine's answers hardly go with people's"
    return None


def _corrected(people: Floats, machine: Floats, everything: Floats, design: Design) -> Corrected:
    given = Beta(everything.sum() + PRIOR, (1 - everything).sum() + PRIOR)
    after_yes, after_no = (_belief(people, design.weights, machine == answer) for answer in (1, 0))
    mean, variance = chain(given, after_yes, after_no)
    low, high = beta_interval(mean, variance)
    alone = _belief(people, design.weights, np.ones_like(people, dtype=np.bool_))
    return Corrected(
        value=mean,
        low=low,
        high=high,
        n=len(people),
        method="corrected",
        effective_labels=len(people) * alone.variance / variance,
        note=design.caution,
    )


def _belief(people: Floats, weights: Floats, of: npt.NDArray[np.bool_]) -> Beta:
    """Return what the labels in `of` say of the share of yes; unequal ones as their effective number."""
    answers, weight = people[of], weights[of]
    if not len(answers):
        return Beta(PRIOR, PRIOR)
    size = weight.sum() ** 2 / (weight**2).sum()
    share = float(weight @ answers) / weight.sum()
    return Beta(share * size + PRIOR, (1 - share) * size + PRIOR)


def _rate_of_labels(people: Floats, design: Design, note: str | None) -> Corrected:
    n = len(people)
    if n == 0:
        return Corrected(value=None, n=0, method=None, note="no labels")
    share = min(1.0, max(0.0, design.mean(people)))
    low, high = wilson(share, design.effective)
    notes = "; ".join(part for part in (note, design.caution) if part) or None
    return Corrected(
        value=share, low=low, high=high, n=n, method="labels_only", effective_labels=n, weight=0.0, note=notes
    )
