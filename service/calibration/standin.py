"""The alternative annotator test: may the machine stand in for one of the people who label?

Calderon, Reichart and Dror, "The Alternative Annotator Test for LLM-as-a-Judge", arXiv 2501.10970. Each rater
in turn is left out; on each of their items the machine and they are compared by how near they come to the
other raters. The machine wins against a rater when it is nearer, or as near, more often than they are less
`epsilon`; it passes when it wins against at least half of them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import sqrt

import numpy as np

from service.calibration.arrays import Floats
from service.calibration.intervals import of_mean
from service.calibration.tables import answers_of, positions
from service.domain.agreement import Estimate, StandIn
from service.domain.label import Label
from service.domain.scorecard import LevelValue, Scale

FEWEST_RATERS = 3
FEWEST_ITEMS = 30
EPSILON = 0.15
"""What a person's label is worth more than the machine's. The paper's rule: .2 for experts who are hard to
get, .15 for trained people, .1 for anybody. Those who grade calls are trained people.
"""
FALSE_DISCOVERIES = 0.05
"""The false discovery rate at which all raters are tested together."""
ENOUGH_WINS = 0.5


def stand_in(
    scale: Scale,
    items: Sequence[Sequence[Label]],
    answers: Sequence[LevelValue],
    *,
    epsilon: float = EPSILON,
) -> StandIn | str:
    """Return the test's result, or the sentence that says why it cannot be had.

    `items` are the labels of each conversation, `answers` the machine's. Nearness is −RMSE in ranks on
    ordinal scales (N/A against a level is as far as the scale is long), else the share of the same answers.

    Raises ValueError when an answer is not on the scale.
    """
    places = answers_of(scale, not_applicable=True)
    given = [_by_rater(places, item) for item in items]
    compared = list(zip(given, positions(places, answers), strict=True))
    shared = [(labels, answer) for labels, answer in compared if len(labels) > 1]
    raters = _enough(labels for labels, _ in shared)
    if len(raters) < FEWEST_RATERS:
        return (
            f"no stand-in test: it takes {FEWEST_RATERS} people who graded {FEWEST_ITEMS} conversations each "
            f"that somebody else graded too; there are {len(raters)}"
        )
    distances = _squared_distances(scale)
    held = np.array([[_held(distances, *one, rater) for rater in raters] for one in shared])
    return _result(held[..., 0], held[..., 1], epsilon)


def _by_rater(answers: Sequence[LevelValue], labels: Sequence[Label]) -> dict[str, int]:
    given = positions(answers, [label.level for label in labels])
    return {label.rater: place for label, place in zip(labels, given, strict=True)}


def _enough(items: Iterable[dict[str, int]]) -> list[str]:
    """Return the raters of enough items, in the order of their names."""
    counted = Counter(rater for labels in items for rater in labels)
    return sorted(rater for rater, times in counted.items() if times >= FEWEST_ITEMS)


def _squared_distances(scale: Scale) -> list[list[float]]:
    """Return the square of how far each answer is from each other one, N/A last."""
    levels = len(scale.levels)
    squares = 1 - np.eye(levels + 1)
    if scale.type == "ordinal":
        ranks = np.arange(levels, dtype=np.float64)
        squares *= (levels - 1) ** 2
        squares[:levels, :levels] = (ranks[:, None] - ranks) ** 2
    rows: list[list[float]] = squares.tolist()
    return rows


def _held(
    distances: list[list[float]], labels: Mapping[str, int], answer: int, rater: str
) -> tuple[float, float]:
    """Return whether the machine is at least as near to the others as `rater`, and the reverse: 1 or 0.

    Both NaN where the rater did not label the item. Sums of squares over the same others order answers as
    −RMSE does, and as the share of the same answers.
    """
    if rater not in labels:
        return np.nan, np.nan
    others = [place for other, place in labels.items() if other != rater]
    machine = sum(distances[answer][place] for place in others)
    person = sum(distances[labels[rater]][place] for place in others)
    return float(machine <= person), float(person <= machine)


def _result(machine: Floats, person: Floats, epsilon: float) -> StandIn:
    """Return the test's result from who held their own, shape (items, raters), NaN where nobody compared."""
    pairs = [(machine[:, rater], person[:, rater]) for rater in range(machine.shape[1])]
    p_values = [_p_value((theirs - its)[np.isfinite(its)], epsilon) for its, theirs in pairs]
    wins = float(np.mean(benjamini_yekutieli(p_values, FALSE_DISCOVERIES)))
    return StandIn(
        raters=machine.shape[1],
        items=len(machine),
        epsilon=epsilon,
        winning_rate=wins,
        advantage=_advantage(machine),
        passes=wins >= ENOUGH_WINS,
    )


def _p_value(differences: Floats, epsilon: float) -> float:
    """Return the one-sided p-value of Student's test that the mean of `differences` is below `epsilon`.

    A difference is 1 where only the person held their own, −1 where only the machine did, else 0.
    """
    from scipy.special import stdtr

    n, above = len(differences), float(differences.mean()) - epsilon
    error = float(differences.std(ddof=1)) / sqrt(n)
    if error == 0:
        return 0.0 if above < 0 else 1.0
    return float(stdtr(n - 1, above / error))


def benjamini_yekutieli(p_values: Sequence[float], rate: float) -> list[bool]:
    """Return which hypotheses are rejected with false discoveries at most `rate`, however they depend.

    The k smallest, k the largest number with p_(k) ≤ k · rate / (m · Σ 1/i) over i = 1…m (Benjamini and
    Yekutieli 2001).
    """
    m = len(p_values)
    step = rate / (m * sum(1 / i for i in range(1, m + 1)))
    order = sorted(range(m), key=lambda place: p_values[place])
    reached = [rank for rank, place in enumerate(order, 1) if p_values[place] <= rank * step]
    rejected = set(order[: max(reached, default=0)])
    return [place in rejected for place in range(m)]


def _advantage(machine: Floats) -> Estimate:
    """Return the mean over raters of how often the machine held its own, by leaving conversations out."""
    present = np.isfinite(machine)
    held, times = np.nansum(machine, 0), present.sum(0)
    value = float((held / times).mean())
    without = ((held - np.where(present, machine, 0)) / (times - present)).mean(1)
    interval = of_mean(value, without, 0, 1)
    note = None if interval else "no interval: leaving out any one of the items changes nothing"
    low, high = interval or (None, None)
    return Estimate(value=value, low=low, high=high, n=len(machine), note=note)
