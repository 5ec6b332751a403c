"""Does a judge grade the same conversations lower, or higher, than it used to?

Labels are not needed: the sign test counts how many grades moved down and how many moved up. If nothing
drifted, each that moved is as likely to have gone either way.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

import numpy as np

from evals.gate.comparing import not_compared, unequal_repeats
from evals.gate.distance import Answer
from evals.gate.flips import changes_between
from evals.gate.items import Item, is_left_out, items_of
from evals.gate.judgement import OVERALL, Change
from evals.gate.pairing import check_comparable, pair, shared_dimensions
from service.calibration.permutation import holm
from service.domain.base import Model
from service.domain.label import NOT_APPLICABLE
from service.domain.run import Run
from service.domain.scorecard import Scale

GIVEN = "a level at all"
_POWER = 0.8


class Drift(Model):
    """How the grades of `n` conversations moved: on one dimension, overall, or whether there is a level at
    all (`GIVEN`).

    `lower` and `higher` count those with fewer or more points than before, for `GIVEN` those that lost or got
    a level. `p_value` is of an exact two-sided sign test, adjusted for all of them (Holm). `detectable` is
    the share of conversations that would have to move one way, beyond those that move back and forth, to be
    noticed in 4 of 5 tries; None where no share would be.
    """

    dimension: str
    n: int
    lower: int
    higher: int
    p_value: float
    drifted: bool
    detectable: float | None


class DriftReport(Model):
    """All of it. Nothing was measured where `dimensions` is empty. `compared` conversations have a grade in
    either run; `missing` of the `tried` ones of the base were not tried with the same words in the newer run.
    """

    compared: int
    tried: int
    missing: int
    alpha: float
    changes: tuple[Change, ...]
    dimensions: tuple[Drift, ...]
    notes: tuple[str, ...]

    @property
    def is_mostly_missing(self) -> bool:
        """Whether more than half of the base is not in the newer run: what is left may be of one kind."""
        return 2 * self.missing > self.tried


def drift_between(base: Run, new: Run, alpha: float = 0.05) -> DriftReport:
    """Return how the grades moved from the older to the newer run. Raises InvalidInput for runs that cannot
    be compared; that labels differ does not matter.
    """
    check_comparable(base, new, other_scorecards=False, other_datasets=True)
    pairing = pair(base, new)
    items = items_of(pairing.pairs, shared_dimensions(base, new))
    graded = [item for item in items if not item.is_empty]
    tried = {one.id for one in base.conversations if not is_left_out(one)}
    missing = tried - {item.conversation for item in items}
    return DriftReport(
        compared=len({item.conversation for item in graded}),
        tried=len(tried),
        missing=len(missing),
        alpha=alpha,
        changes=tuple(changes_between(base, new)),
        dimensions=tuple(_drifts(graded, alpha)),
        notes=(
            *_of_missing(len(missing), len(tried)),
            *not_compared(pairing),
            *unequal_repeats(base, new, pairing),
        ),
    )


def _of_missing(missing: int, tried: int) -> Iterator[str]:
    if missing:
        yield f"{missing} of the {tried} conversations of the base are missing in the newer run."


def _drifts(items: Sequence[Item], alpha: float) -> list[Drift]:
    moves = _moves(items)
    p_values = holm([sign_test(*counts(one)) for one in moves.values()])
    level = alpha / max(1, len(moves))
    return [
        _drift(name, one, p_value, alpha, level)
        for (name, one), p_value in zip(moves.items(), p_values, strict=True)
    ]


def _moves(items: Sequence[Item]) -> dict[str, list[float]]:
    """Return how far each grade with a level in both runs moved, by test. Grades of one conversation move
    together, so that overall, and for levels that are lost or gained, each conversation counts once.
    """
    together: dict[str, float] = {}
    apart: dict[str, list[float]] = {}
    given: dict[str, float] = {}
    for item in items:
        before, after = (_points(item.dimension.scale, one.most) for one in item.compared)
        gain = (after is not None) - (before is not None)
        given[item.conversation] = given.get(item.conversation, 0.0) + gain
        if before is not None and after is not None:
            together[item.conversation] = together.get(item.conversation, 0.0) + after - before
            apart.setdefault(item.dimension.id, []).append(after - before)
    moves = {OVERALL: list(together.values())} if len(apart) > 1 else {}
    return moves | apart | ({GIVEN: list(given.values())} if given else {})


def _drift(name: str, moves: Sequence[float], p_value: float, alpha: float, level: float) -> Drift:
    lower, higher = counts(moves)
    noise = 2 * min(lower, higher) / len(moves)
    return Drift(
        dimension=name,
        n=len(moves),
        lower=lower,
        higher=higher,
        p_value=p_value,
        drifted=p_value <= alpha,
        detectable=detectable_share(len(moves), noise, level),
    )


def _points(scale: Scale, answer: Answer) -> float | None:
    level = None if answer is None or answer == NOT_APPLICABLE else scale.find(answer)
    return None if level is None else level.points


def counts(moves: Sequence[float]) -> tuple[int, int]:
    """Return how many went down and how many went up."""
    return sum(move < -1e-9 for move in moves), sum(move > 1e-9 for move in moves)


def sign_test(lower: int, higher: int) -> float:
    """Return the exact two-sided p-value: 2 · P(X ≥ max) for X ~ Binomial(lower + higher, 1/2), at most 1.

    Source: Dixon & Mood 1946.
    """
    from scipy import stats

    total = lower + higher
    return min(1.0, 2 * float(stats.binom.sf(max(lower, higher) - 1, total, 0.5))) if total else 1.0


def detectable_share(n: int, noise: float, alpha: float) -> float | None:
    """Return the smallest share of `n` grades that, moving one way, a sign test shows in 4 of 5 tries; None
    where even all would not show.

    `noise` is the share that moves back and forth anyway, half of it either way.
    """
    shares = np.linspace(0.005, 1 - noise, 200)
    # More that move show more clearly: halving finds the first that does.
    place = bisect_left(shares, _POWER, key=lambda share: power_of(n, float(share), noise, alpha))
    return float(shares[place]) if place < len(shares) else None


def power_of(n: int, share: float, noise: float, alpha: float) -> float:
    """Return the probability that the sign test shows that `share` of `n` grades moved one way.

    Σ P(M = m) · P(X ≥ k(m)) over the number M ~ Binomial(n, share + noise) of grades that move, of which
    X ~ Binomial(m, (share + noise / 2) / (share + noise)) go that way; k(m) is the fewest that show it.
    """
    from scipy import stats

    moving = share + noise
    if n < 1 or moving <= 0:
        return 0.0
    m = np.arange(n + 1)
    enough = stats.binom.isf(alpha / 2, m, 0.5) + 1
    shown = stats.binom.sf(enough - 1, m, (share + noise / 2) / moving)
    return float((stats.binom.pmf(m, n, min(1.0, moving)) * shown).sum())
