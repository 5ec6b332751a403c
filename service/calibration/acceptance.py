"""Which grades may be accepted without a person, and what can be promised of them.

The threshold that "looks fine" on the labels breaks its promise about every other time. Here a few thresholds
are fixed before any label is looked at, and tested in order until one fails.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import numpy as np
import numpy.typing as npt

from service.calibration.arrays import Bools, Floats
from service.calibration.looks import spent
from service.calibration.sampling import countable, evened
from service.domain.calibration import Certificate, Loss
from service.domain.label import NOT_APPLICABLE
from service.domain.scorecard import LevelValue, Scale

SHARES = (0.2, 0.4, 0.6, 0.8, 1.0)
"""The shares of all grades that may be accepted, the most confident first."""

ERRORS_TO_AFFORD = 5
"""A test that one error fails stops the sequence by bad luck; so many tell luck from badness."""

_MOST_LABELS = 1_000_000


@dataclass(frozen=True, slots=True)
class _Promise:
    """What is to be promised, and what the look of this number may use of `delta`."""

    loss: Loss
    risk: float
    delta: float
    look: int

    @property
    def spent(self) -> float:
        return spent(self.delta, self.look)

    def after(self, *, tested: bool) -> float:
        """What the look may use that sees more labels: this one costs nothing where nothing was tested."""
        return spent(self.delta, self.look + tested)


@dataclass(frozen=True, slots=True)
class _Test:
    """One threshold: the share of grades it accepts, and the labelled and wrong ones among those."""

    threshold: float
    share: float
    labels: int
    wrong: int


def loss_of(scale: Scale) -> Loss:
    """Return when a grade on this scale counts as wrong: two levels off where it has four or more."""
    return "off_by_two" if scale.type == "ordinal" and len(scale.levels) >= 4 else "differs"


def is_wrong(scale: Scale, machine: LevelValue, people: LevelValue) -> bool:
    """Return whether accepting the machine's answer would have been an error, given what people said.

    N/A against a level always is; on ordinal scales with four levels or more two or more levels off, counted
    in places on the scale; elsewhere any difference. A level that is not on the scale is wrong.
    """
    if machine == people:
        return False
    places = {level.level: place for place, level in enumerate(scale.levels)}
    off_the_scale = machine not in places or people not in places
    if NOT_APPLICABLE in (machine, people) or off_the_scale or loss_of(scale) == "differs":
        return True
    return abs(places[machine] - places[people]) >= 2


def certify(
    confidence: npt.ArrayLike,
    wrong: npt.ArrayLike,
    unlabelled: npt.ArrayLike,
    *,
    loss: Loss,
    risk: float = 0.10,
    delta: float = 0.10,
    probability: npt.ArrayLike | None = None,
    seed: int = 0,
    look: int = 1,
) -> Certificate:
    """Return what can be promised about grades above a threshold of confidence, or what is missing for that.

    `confidence` and `wrong`, shape (n,): the raw confidence and whether the grade was wrong, of the labelled
    grades; `unlabelled`, shape (m,): raw confidences of other grades, which set the thresholds (the labelled
    ones' where there are none). NaN stands for no confidence: such a grade is never accepted.

    Fixed-sequence testing (Learn then Test, Angelopoulos et al. 2021, arXiv 2110.01052; for judges "Trust or
    Escalate", arXiv 2407.18370): thresholds that accept 20, 40, 60, 80 and 100 %, the most confident first,
    each tested by the exact binomial bound until one fails. Those with too few labels for a fair test are
    skipped (`fewest_for_a_test`); that is decided by confidences alone, so that the promise holds. `look`
    says how often labels of these grades were tested, this time included: each uses its part of `delta`
    (`spent`).

    An exact bound needs labels drawn at random. `probability` (0 to 1], shape (n,), is NaN where nobody knows
    it: such labels are left out where the others are enough for a test, else all count alike, with a caution.
    Where it is not the same for all, a random part of the labels is used in which all were equally likely
    (`evened`, by `seed`). The note says how many are left out.
    """
    column, errors = np.asarray(confidence, dtype=np.float64), np.asarray(wrong, dtype=np.bool_)
    others = np.asarray(unlabelled, dtype=np.float64)
    if column.shape != errors.shape:
        raise ValueError("confidence and wrong have to be as long as each other")
    promise = _Promise(loss, risk, delta, look)
    population = others if len(others) else column
    if np.isnan(population).all():
        why = "no confidence was measured: nothing can be accepted"
        return _nothing(promise, [], tested=False, note=why)
    kept, said = _equally_likely(len(column), probability, labels_needed(0, risk, promise.spent), seed)
    certificate = _decide(_tests(column[kept], errors[kept], population), promise)
    if certificate.look > 1:
        said = [f"look {look} at growing labels, with {promise.spent:.2%} of the {delta:.0%}", *said]
    return certificate.model_copy(update={"note": "; ".join([certificate.note, *said])})


def _equally_likely(
    labels: int, probability: npt.ArrayLike | None, fewest: int, seed: int
) -> tuple[Bools, list[str]]:
    """Return which labels may count as drawn at random, shape (n,), and what is to be said of that."""
    if probability is None or not labels:
        return np.ones(labels, dtype=np.bool_), []
    kept, chances = countable(probability, fewest)
    if chances is None:
        unknown = int(np.isnan(np.asarray(probability, dtype=np.float64)).sum())
        taken = "this holds if people picked conversations at random"
        return kept, [f"labels without a sampling probability: {unknown} of {labels}; {taken}"]
    kept[kept] = evened(chances, seed)
    left_out = labels - int(kept.sum())
    even = "so that all others were equally likely to be drawn"
    return kept, [f"{left_out} of {labels} labels left out, {even}"] if left_out else []


def upper_bound(wrong: int, labels: int, delta: float) -> float:
    """Return the share of errors that is not exceeded with probability 1 - delta, given what was seen.

    The quantile 1 - delta of Beta(wrong + 1, labels - wrong). Source: Clopper & Pearson 1934, one-sided.
    """
    from scipy import stats

    return 1.0 if wrong >= labels else float(stats.beta.ppf(1 - delta, wrong + 1, labels - wrong))


@lru_cache(maxsize=4096)
def labels_needed(wrong: int, risk: float, delta: float) -> int:
    """Return how many labels with so many errors among them keep the upper bound at `risk` or below.

    The least n with P(Binomial(n, risk) ≤ wrong) ≤ delta: 22 without an error for 10 %, 45 for 5 %.
    """
    from scipy import stats

    low, high = wrong, max(1, 2 * wrong)
    while high < _MOST_LABELS and stats.binom.cdf(wrong, high, risk) > delta:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if stats.binom.cdf(wrong, middle, risk) > delta else (low, middle)
    return high


def fewest_for_a_test(labels: int, risk: float, delta: float) -> int:
    """Return how many of so many labels a threshold must have to be tested.

    As many as it takes to pass without an error; and a third of all, or what it takes to pass with five
    errors, whichever is less.
    """
    return max(labels_needed(0, risk, delta), min(labels // 3, labels_needed(ERRORS_TO_AFFORD, risk, delta)))


def thresholds(confidence: Floats) -> list[float]:
    """Return the confidences that the most confident 20, 40 … 100 % of grades reach, descending.

    Grades of the same confidence are accepted together, so that a threshold may accept more than its share;
    thresholds that fall together are one. NaN counts as below all others.
    """
    known = np.sort(confidence[~np.isnan(confidence)])[::-1]
    places = [min(_rounded_up(share * len(confidence)), len(known)) - 1 for share in SHARES]
    return sorted({float(known[place]) for place in places if place >= 0}, reverse=True)


def _rounded_up(number: float) -> int:
    return ceil(number - 1e-9)


def _tests(confidence: Floats, wrong: Bools, population: Floats) -> list[_Test]:
    tests = []
    for threshold in thresholds(population):
        accepted = confidence >= threshold
        share = float((population >= threshold).mean())
        tests.append(_Test(threshold, share, int(accepted.sum()), int((accepted & wrong).sum())))
    return tests


def _decide(tests: list[_Test], promise: _Promise) -> Certificate:
    risk, delta = promise.risk, promise.spent
    fewest = fewest_for_a_test(max((test.labels for test in tests), default=0), risk, delta)
    passed: list[_Test] = []
    tried: list[_Test] = []
    for test in (test for test in tests if test.labels >= fewest):
        tried.append(test)
        if upper_bound(test.wrong, test.labels, delta) > risk:
            break
        passed.append(test)
    if not passed:
        return _nothing(promise, tried or tests, tested=bool(tried))
    last = passed[-1]
    return Certificate(
        loss=promise.loss,
        risk=risk,
        delta=promise.delta,
        threshold=last.threshold,
        accepted_share=last.share,
        labels=last.labels,
        wrong=last.wrong,
        upper=upper_bound(last.wrong, last.labels, delta),
        look=promise.look,
        note=f"{last.wrong} of {last.labels} labelled grades at or above the threshold were wrong",
    )


def _nothing(promise: _Promise, tests: list[_Test], *, tested: bool, note: str | None = None) -> Certificate:
    """Return a certificate that accepts nothing, and says how near the nearest of `tests` came.

    More labels are another look where anything was `tested`, and have less of delta to use.
    """
    risk, later = promise.risk, promise.after(tested=tested)
    missing = [(_rounded_up((labels_needed(t.wrong, risk, later) - t.labels) / t.share), t) for t in tests]
    least, nearest = min(missing, key=lambda pair: pair[0], default=(0, _Test(0.0, 0.0, 0, 0)))
    upper = upper_bound(nearest.wrong, nearest.labels, promise.spent) if nearest.labels else None
    return Certificate(
        loss=promise.loss,
        risk=risk,
        delta=promise.delta,
        threshold=None,
        accepted_share=0.0,
        labels=nearest.labels,
        wrong=nearest.wrong,
        upper=upper,
        labels_missing=max(least, 0),
        look=promise.look if tested else 0,
        note=note or _nearly(nearest, least, risk),
    )


def _nearly(nearest: _Test, least: int, risk: float) -> str:
    return (
        f"{nearest.wrong} of {nearest.labels} labelled grades were wrong among the most confident"
        f" {nearest.share:.0%}: at least {least} more labels without an error are needed before"
        f" at most {risk:.0%} wrong can be promised"
    )
