"""How sure a grade of this grader is, before any calibration: a raw figure that only ranks.

    confidence = fit x evidence

`fit` tells how near the measured mean lies to the points of the level that was chosen: with d the distance to
its points and d' the distance to the nearest points that are not its own, d' / (d + d'). It is 1 on the
points and one half on the border between two levels.

`evidence` is the mean strength of what each signal of the dimension gave: words that were said count more
than words that were not found, because a list of phrases is never complete; a signal that could not be
measured counts nothing.
"""

from collections.abc import Sequence

from service.domain.grade import ConfidenceParts
from service.domain.scorecard import Level, Scale
from service.grading.signals.finding import Finding

QUOTED = 0.9
"""Strength of a finding with quotes. Below 1: a listed phrase may be meant in another way."""

NOT_FOUND = 0.6
"""Strength of a finding that rests on nothing having been found in the turns searched."""


def fit(scale: Scale, level: Level, mean: float) -> float:
    """Return how near `mean` (0 to 1) lies to the points of `level`, one half to 1; see above."""
    chosen = abs(mean - level.points)
    others = [abs(mean - other.points) for other in scale.levels if other.points != level.points]
    if not others or not chosen:
        return 1.0
    return min(others) / (chosen + min(others))


def strength(findings: Sequence[Finding]) -> float:
    """Return the mean strength of the findings of all signals that a dimension names, 0 to 1."""
    return sum(map(_strength, findings)) / len(findings)


def _strength(finding: Finding) -> float:
    if finding.value is None:
        return 0.0
    if finding.strength is not None:
        return finding.strength
    return QUOTED if finding.evidence else NOT_FOUND


def confidence(
    scale: Scale, level: Level, mean: float, findings: Sequence[Finding]
) -> tuple[float, ConfidenceParts]:
    """Return the confidence of a level, 0 to 1, and its parts. `findings` are those of all signals that the
    dimension names. Only the part `evidence` can be measured here: a rule has no probabilities and no votes.
    """
    evidence = strength(findings)
    parts = ConfidenceParts(evidence=round(evidence, 3))
    return round(fit(scale, level, mean) * evidence, 3), parts
