"""What a submission becomes once it is redacted and its scorecard is chosen."""

from datetime import datetime
from typing import Literal

from service.domain.base import Model
from service.domain.evaluation import RedactionSummary, Waiting
from service.domain.grade import GraderName
from service.domain.scorecard import ScorecardRevision
from service.domain.transcript import RedactedConversation

Priority = Literal["interactive", "batch"]
"""Somebody waits for the one; the other takes what is left over."""


class BatchLine(Model):
    """Where in a batch a request stood; lines count from 1."""

    id: str
    line: int


class Submission(Model):
    """An evaluation about to be accepted. Holds nothing that redaction has not seen."""

    id: str
    conversation: RedactedConversation
    redaction: RedactionSummary
    scorecard: ScorecardRevision
    grader: GraderName
    created_at: datetime
    priority: Priority = "interactive"
    batch: BatchLine | None = None
    callback_url: str | None = None


class Assignment(Model):
    """What a worker needs to grade one evaluation, and how often that was tried (this time included).

    `waiting` is set where it had to wait before. Where `sealed` holds the conversation as it came,
    `conversation` has no turns yet.
    """

    id: str
    tenant: str
    conversation: RedactedConversation
    redaction: RedactionSummary
    scorecard: ScorecardRevision
    grader: GraderName
    attempts: int
    waiting: Waiting | None = None
    sealed: bytes | None = None
    created_at: datetime | None = None


class EvaluationFilter(Model):
    """Which evaluations a list shows; a field left out means any. Times are of acceptance, `to` exclusive."""

    external_id: str | None = None
    agent: str | None = None
    scorecard: str | None = None
    status: str | None = None
    disposition: str | None = None
    batch: str | None = None
    from_: datetime | None = None
    to: datetime | None = None
