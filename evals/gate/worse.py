"""Did the distance from people grow, on any dimension or overall, beyond what chance does?"""

import math
from collections.abc import Sequence

import numpy as np

from evals.gate.distance import step
from evals.gate.items import Item
from evals.gate.judgement import OVERALL, LossTest
from evals.gate.wavering import tables_of, wavering_of
from service.calibration.arrays import Floats
from service.calibration.permutation import FLIPS, SignFlip, detectable_drop, sign_flip_family
from service.domain.scorecard import Dimension

_POWER = 0.8


def losses_of(
    items: Sequence[Item], dimensions: Sequence[Dimension], alpha: float, seed: int = 0, flips: int = FLIPS
) -> list[LossTest]:
    """Return one test over all dimensions and one for each that was measured, adjusted for each other.

    One-sided sign-flip tests on differences of conversations, flipped as wholes because grades of one
    conversation go together (Westfall & Young's step-down max-T). Overall is the mean over the dimensions
    of a conversation that were measured, each weighing the same. Empty without any measured item.
    """
    measured = [item for item in items if item.is_measured]
    tested = [d for d in dimensions if any(item.dimension.id == d.id for item in measured)]
    if not measured:
        return []
    before, after = tables_of(measured, tested, lambda item: item.distances)
    wavering = wavering_of(measured, tested)
    # One dimension alone is all there is: testing it twice would only cost power.
    names = [OVERALL, *(d.id for d in tested)] if len(tested) > 1 else [tested[0].id]
    steps = [float(np.mean([step(d.scale) for d in tested])), *(step(d.scale) for d in tested)]
    first = 0 if len(tested) > 1 else 1
    before, after, steps = before[:, first:], after[:, first:], steps[first:]
    found = sign_flip_family(before - after, alternative="drop", seed=seed, flips=flips)
    columns = zip(names, before.T, after.T, found, steps, strict=True)
    tests = [_test(name, was, now, one, size, alpha, len(names)) for name, was, now, one, size in columns]
    return [
        test.model_copy(update={"wavering": one}) for test, one in zip(tests, wavering[first:], strict=True)
    ]


def _test(
    name: str, before: Floats, after: Floats, found: SignFlip, size: float, alpha: float, tests: int
) -> LossTest:
    there = ~np.isnan(before)
    grown = (after - before)[there]
    detectable = detectable_change(grown, size, alpha, tests)
    return LossTest(
        dimension=name,
        n=found.n,
        base=float(before[there].mean()),
        new=float(after[there].mean()),
        change=float(grown.mean()),
        nearer=int((grown < -1e-9).sum()),
        farther=int((grown > 1e-9).sum()),
        p_value=found.p_value,
        adjusted=found.adjusted,
        worse=found.adjusted <= alpha,
        detectable=detectable,
        note=None if detectable is not None else _too_few(found.n, alpha),
    )


def detectable_change(differences: Floats, size: float, alpha: float, tests: int = 1) -> float | None:
    """Return the smallest true change of a mean distance that would be noticed in 4 of 5 tries when so many
    tests are made, None where none would be, however large.

    The larger one of what the spread of the differences allows, and of what their number does: a sign-flip
    test needs k = log2(1 / alpha) conversations that all get worse. They do with this power when the share of
    conversations that fall by `size` is Beta⁻¹(.8; k, n − k + 1).
    """
    from scipy import stats

    n = len(differences)
    if n < fewest(alpha):
        return None
    # All tests together are stricter than each by itself, at most by their number.
    level = alpha / tests
    needed = min(n, fewest(level))
    floor = size * float(stats.beta.ppf(_POWER, needed, n - needed + 1))
    spread = float(np.std(differences, ddof=1)) if n > 1 else 0.0
    by_spread = detectable_drop(spread, n, level, _POWER)
    # A distance cannot grow by more than all of it.
    return min(1.0, max(floor, by_spread or 0.0))


def fewest(alpha: float) -> int:
    """Return how many items have to get worse, and none better, before chance alone is less likely than
    `alpha`: the smallest k with 2⁻ᵏ ≤ alpha.
    """
    return max(1, math.ceil(-math.log2(alpha) - 1e-9))


def _too_few(n: int, alpha: float) -> str:
    return (
        f"{n} labelled conversations are too few to notice any loss: it takes {fewest(alpha)} that all get "
        "worse, and none that gets better"
    )
