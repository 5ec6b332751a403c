"""Which evaluations wait for a person, why, and which of them come first."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from service.domain.base import Model
from service.domain.evaluation import Assessment, ScorecardRef
from service.domain.grade import Flag, Grade
from service.domain.review import Claim

REVIEW_DAYS = 5.0
"""How long a review may take where the settings do not say."""

UNKNOWN_CONFIDENCE = 0.5
"""What a grade without a confidence counts as when the queue is put in order."""

_HOUR = timedelta(hours=1)


class Needed(NamedTuple):
    """A review that is needed: by when, how sure the least sure grade is (0 to 1; 0 where something is
    flagged), and the dimensions that are open.
    """

    due_at: datetime
    certainty: float
    dimensions: tuple[str, ...]


def needed_review(assessment: Assessment, completed_at: datetime, days: float) -> Needed | None:
    """Return the review that an assessment needs, None where none of its grades asks for a person."""
    unsure = [grade for grade in assessment.grades if grade.disposition == "needs_review"]
    if not unsure:
        return None
    certainty = 0.0 if assessment.flags else min(map(_certainty, unsure))
    dimensions = tuple(grade.dimension for grade in unsure)
    return Needed(due_at(completed_at, days), certainty, dimensions)


def due_at(start: datetime, days: float) -> datetime:
    """Return `days` later, rounded up to the full hour: within an hour the less certain comes first."""
    end = start + timedelta(days=days)
    whole = end.replace(minute=0, second=0, microsecond=0)
    return whole if whole == end else whole + _HOUR


def _certainty(grade: Grade) -> float:
    return UNKNOWN_CONFIDENCE if grade.confidence is None else grade.confidence


class OpenDimension(Model):
    """A dimension that waits for a person: what the machine said, how sure it was (null: not measured), and
    why a person is asked. The grade itself stands in the evaluation.
    """

    dimension: str
    section: str
    outcome: str
    level: int | str | None
    label: str | None
    confidence: float | None
    reason: str


class QueueItem(Model):
    """An evaluation that waits for a person. `flags` are for them to look at first; `certainty` (0 to 1) is
    that of its least sure grade, by which items due in the same hour stand in order.
    """

    evaluation: str
    external_id: str | None
    scorecard: ScorecardRef
    agent: str | None
    completed_at: datetime
    due_at: datetime
    overdue: bool
    certainty: float
    score: float | None
    dimensions: tuple[OpenDimension, ...]
    flags: tuple[Flag, ...]
    claim: Claim | None = None


class QueueFilter(Model):
    """Which part of the queue is shown; a field left out means any. `overdue` is against `now`."""

    now: datetime
    scorecard: str | None = None
    agent: str | None = None
    dimension: str | None = None
    assignee: str | None = None
    overdue: bool | None = None


def open_dimensions(grades: Sequence[Grade], names: Sequence[str]) -> tuple[OpenDimension, ...]:
    """Return the dimensions called `names`, in the order of the card."""
    wanted = set(names)
    return tuple(
        OpenDimension(
            dimension=grade.dimension,
            section=grade.section,
            outcome=grade.outcome,
            level=grade.level,
            label=grade.label,
            confidence=grade.confidence,
            reason=grade.disposition_reason,
        )
        for grade in grades
        if grade.dimension in wanted
    )
