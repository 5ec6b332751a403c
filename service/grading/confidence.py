"""How sure a grade is, from what can be measured: one number from 0 to 1, raw, ready to be calibrated.

    confidence = σ( Σ wᵢ · logit(pᵢ) / Σ wᵢ )

over the parts that could be measured, each held within 0.02 to 0.98 (a mean of log-odds: logarithmic pooling
with weights that sum to one, Genest and Zidek 1986, "Combining probability distributions"). The weights say
what a part is worth before any label has been seen; only calibration against people tells how often such a
grade is right.
"""

import math
from collections.abc import Sequence

from service.domain.grade import ConfidenceParts, Grade, NotApplicable, Outcome, Verdict
from service.domain.scorecard import Dimension

WEIGHTS = {"level_probability": 2.0, "votes": 2.0, "evidence": 1.0, "agreement": 1.0}
_LEAST, _MOST = 0.02, 0.98

FEW_WORDS = 3
"""A quote of fewer words could stand anywhere."""


def confidence(parts: ConfidenceParts) -> float | None:
    """Return the pooled confidence of `parts`, 0 to 1; None where none of them was measured."""
    pairs = [(WEIGHTS[name], p) for name, p in parts.model_dump().items() if p is not None]
    if not pairs:
        return None
    total = sum(weight for weight, _ in pairs)
    pooled = sum(weight * _logit(min(max(p, _LEAST), _MOST)) for weight, p in pairs) / total
    return round(1 / (1 + math.exp(-pooled)), 3)


def evidence_strength(outcome: Outcome, *, repaired: bool) -> float | None:
    """Return how much an outcome's proof carries, 0 to 1; None for an ungraded one.

    Several quotes .9, one quote .8, one of fewer than three words .65, only something that is not there .6,
    "not applicable" without words .5; .15 less when the first answer was wrong and was repaired.
    """
    strength = _strength(outcome)
    return None if strength is None else round(strength - (0.15 if repaired else 0.0), 2)


def agreement(dimension: Dimension, grade: Grade, other: Grade | None) -> float | None:
    """Return how near another grader's level came, 0 to 1: 1 minus the difference in points. None unless both
    graded the dimension.
    """
    if other is None or other.dimension != dimension.id or other.points is None or grade.points is None:
        return None
    return round(1 - abs(grade.points - other.points), 3)


def _strength(outcome: Outcome) -> float | None:
    match outcome:
        case Verdict(evidence=evidence) | NotApplicable(evidence=evidence) if evidence:
            return _of_quotes([piece.quote for piece in evidence])
        case Verdict():
            return 0.6
        case NotApplicable():
            return 0.5
        case _:
            return None


def _of_quotes(quotes: Sequence[str]) -> float:
    if len(quotes) > 1:
        return 0.9
    return 0.8 if _words(quotes[0]) >= FEW_WORDS else 0.65


def _words(quote: str) -> float:
    """Return the number of words; two characters of a script without spaces count as one."""
    dense = sum(character >= "\u2e80" for character in quote)
    return dense / 2 if dense else len(quote.split())


def _logit(p: float) -> float:
    return math.log(p / (1 - p))
