"""What is wrong with the model's answer on one dimension: what a repair asks again."""

from dataclasses import dataclass

from service.domain.grade import UngradedReason
from service.grading.evidence import Fault


@dataclass(frozen=True, slots=True)
class RejectedQuote:
    """A quote that failed the check, as the model gave it, and why."""

    turn: int | None
    text: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class Problem:
    """A dimension that is still open. `reason` is what it is ungraded for unless a repair closes it."""

    dimension: str
    reason: UngradedReason
    quotes: tuple[RejectedQuote, ...] = ()
