"""Which labels count how much, when some conversations were likelier to be labelled than others."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.calibration.arrays import Bools, Floats, Ints, group_numbers

FEWEST_COUNTING = 20
"""Below so many labels that carry the weight, intervals of skewed columns cover too seldom."""


class UnlabelledStratum(ValueError):
    """A part of the population has no label, so that labels say nothing about it."""


@dataclass(frozen=True, slots=True)
class Design:
    """How labels stand for the population: `weights` sum to 1; `strata` are numbered from 0.

    Where strata are not known to have a fixed size all labels are in stratum 0.
    """

    weights: Floats
    strata: Ints

    @property
    def effective(self) -> float:
        """How many labels of equal weight say as much: (Σw)² / Σw². Source: Kish 1965."""
        return float(1.0 / (self.weights**2).sum())

    @property
    def freedom(self) -> float:
        """The degrees of freedom of `variance`, for values of equal spread: (Σw²)² / Σw⁴, less the strata.

        n - 1 for labels of equal weight. Source: Satterthwaite 1946.
        """
        squares = self.weights**2
        return float(squares.sum() ** 2 / (squares**2).sum()) - len(np.unique(self.strata))

    @property
    def caution(self) -> str | None:
        """What is to be said of an interval where few of many labels carry most of the weight."""
        counting = self.freedom + len(np.unique(self.strata))
        if np.allclose(self.weights, self.weights[:1]) or counting >= FEWEST_COUNTING:
            return None
        return f"the interval may be too narrow: labels weigh so unequally that about {counting:.0f} decide"

    def part(self, of: Bools) -> "Design":
        """Return the design of the labels in `of`, shape (n,), for that part of the population."""
        if of.all():
            return self
        weights = self.weights[of]
        return Design(weights / weights.sum() if len(weights) else weights, group_numbers(self.strata[of]))

    def centred(self, values: Floats) -> Floats:
        """Return `values` less the weighted mean of each one's stratum."""
        totals = np.bincount(self.strata, self.weights)
        means = np.bincount(self.strata, self.weights * values) / totals
        return np.asarray(values - means[self.strata], dtype=np.float64)

    def mean(self, values: Floats) -> float:
        """Return Σwᵢvᵢ: over strata of known shares the post-stratified mean, else Hájek's."""
        return float(self.weights @ values)

    def variance(self, values: Floats) -> float:
        """Return the estimated variance of `mean(values)`: Σₕ nₕ/(nₕ-1) Σᵢ wᵢ²(vᵢ - v̄ₕ)².

        A stratum with one label is given the spread of all labels. Source: Särndal, Swensson & Wretman 1992,
        5.7 (Hájek) and 3.7 (strata).
        """
        counts = np.bincount(self.strata)
        squares = np.bincount(self.strata, (self.weights * self.centred(values)) ** 2)
        single = counts[self.strata] == 1
        lonely = (self.weights[single] ** 2).sum() * (values.var(ddof=1) if len(values) > 1 else 0.0)
        several = counts > 1
        return float((squares[several] * counts[several] / (counts[several] - 1)).sum() + lonely)


def equal(n: int) -> Design:
    """Return the design of `n` labels drawn at random from everything."""
    return Design(np.full(n, 1.0 / max(n, 1)), np.zeros(n, dtype=np.int64))


def by_probability(probability: npt.ArrayLike, strata: npt.ArrayLike | None = None) -> Design:
    """Return the design of labels that were drawn with these probabilities, each within (0, 1].

    `strata` (shape (n,)) count as strata of fixed size where all labels of each had the same probability:
    their shares then are Σ 1/p. Raises ValueError for a probability outside (0, 1].
    """
    chances = np.asarray(probability, dtype=np.float64)
    if not np.all((chances > 0) & (chances <= 1)):
        raise ValueError("a sampling probability has to be above 0 and at most 1")
    weights = 1.0 / chances
    weights /= weights.sum() if len(weights) else 1.0
    numbers = np.zeros(len(weights), dtype=np.int64) if strata is None else group_numbers(strata)
    if not _is_constant_within(chances, numbers):
        numbers = np.zeros(len(weights), dtype=np.int64)
    return Design(weights, numbers)


def by_share(strata: npt.ArrayLike, population: npt.ArrayLike) -> Design:
    """Return the design of labels in `strata` (shape (n,)), given the stratum of everything else.

    A stratum's share is that of labelled and other items together. Raises UnlabelledStratum where one has no
    label.
    """
    mine, others = np.asarray(strata), np.asarray(population)
    everything = np.concatenate([mine, others]) if len(others) else mine
    numbers = group_numbers(everything)
    counts = np.bincount(numbers[: len(mine)], minlength=int(numbers.max(initial=-1)) + 1)
    if np.any(counts == 0):
        raise UnlabelledStratum(str(everything[np.isin(numbers, np.flatnonzero(counts == 0))][0]))
    shares = np.bincount(numbers) / len(numbers)
    own = numbers[: len(mine)]
    return Design(shares[own] / counts[own], own)


def design_of(
    n: int,
    probability: npt.ArrayLike | None,
    strata: npt.ArrayLike | None,
    unlabelled_strata: npt.ArrayLike | None,
) -> Design:
    """Return the design of `n` labels, by whatever is known of how they came to be labelled.

    Shares of strata come first, then probabilities; without either all labels count alike. Raises what
    `by_probability` and `by_share` raise.
    """
    if strata is not None and unlabelled_strata is not None:
        return by_share(strata, unlabelled_strata)
    return equal(n) if probability is None else by_probability(probability, strata)


def evened(probability: npt.ArrayLike, seed: int) -> Bools:
    """Return which labels to keep so that all kept ones were equally likely to be drawn.

    Each is kept with probability min(p) / p, which makes an unequal sample an equal one (rejection sampling;
    von Neumann 1951). Where all are equal all are kept.
    """
    chances = np.asarray(probability, dtype=np.float64)
    rng = np.random.default_rng(seed)
    return np.asarray(rng.random(len(chances)) * chances < chances.min(initial=1.0), dtype=np.bool_)


def countable(probability: npt.ArrayLike, fewest: int) -> tuple[Bools, Floats | None]:
    """Return which labels count, shape (n,), and with what probability those were drawn.

    `probability`, shape (n,), is NaN where nobody knows. Where at least `fewest` are known only those count:
    how many others a label stands for that somebody picked cannot be said. Else all count alike (None).
    """
    chances = np.asarray(probability, dtype=np.float64)
    known = np.asarray(~np.isnan(chances), dtype=np.bool_)
    if known.sum() >= fewest:
        return known, chances[known]
    return np.ones(len(chances), dtype=np.bool_), None


def _is_constant_within(values: Floats, numbers: Ints) -> bool:
    first = values[np.unique(numbers, return_index=True)[1]]
    return bool(np.allclose(values, first[numbers], rtol=1e-9, atol=0.0)) if len(values) else True
