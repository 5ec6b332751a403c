"""Means by agent, team, call type or period, each with what it is worth."""

from datetime import datetime
from typing import Literal

from service.domain.base import Model
from service.domain.calibration import Corrected
from service.domain.evaluation import ScorecardRef
from service.domain.grade import GraderName
from service.domain.scorecard import LevelValue

By = Literal["all", "agent", "team", "call_type", "language", "day", "week", "month"]
"""What a report has a row for."""


class Figure(Model):
    """A mean or a rate that may be told to somebody.

    `mean` is what people would have given over all conversations of the group: in levels for an ordinal
    dimension, 0 to 100 for the score of the card (`dimension` is None then), else the share of one `answer`.
    `machine` is the plain mean of the machine's grades: it is off by whatever the machine is off, and no
    interval around it means anything. Grades that are not applicable or ungraded are in neither.
    """

    dimension: str | None
    answer: LevelValue | None = None
    mean: Corrected
    machine: float | None
    graded: int
    not_applicable: int = 0
    ungraded: int = 0


class ReportRow(Model):
    """One group. `group` is an agent's id, a team, a call type, a language, the first day of a period as
    YYYY-MM-DD, or None for what does not say.
    """

    group: str | None
    evaluations: int
    figures: tuple[Figure, ...]


class Report(Model):
    """What was graded by one grader on one scorecard, in groups, of conversations begun at `since` or later
    and before `until`.
    """

    scorecard: ScorecardRef
    grader: GraderName
    by: By
    since: datetime | None = None
    until: datetime | None = None
    evaluations: int
    rows: tuple[ReportRow, ...]
    notes: tuple[str, ...] = ()
