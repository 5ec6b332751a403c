"""Many requests in one: what came of each line."""

from datetime import datetime
from typing import Literal

from service.domain.base import Model
from service.domain.evaluation import Status

BatchStatus = Literal["open", "closed", "interrupted"]
LineOutcome = Literal["accepted", "duplicate", "rejected"]


class LineProblem(Model):
    """What is wrong with a line, counted from 1: a pointer into it, and a sentence that quotes nothing of the
    conversation.
    """

    line: int
    pointer: str
    detail: str


class Batch(Model):
    """A batch as far as it is. `open` while lines come in, `closed` when all came, `interrupted` when the
    connection broke before that: what was accepted stays, and the same lines sent again under the same
    `Idempotency-Key` go on where it ended.

    `lines` are those that are not blank: `accepted` ones have an evaluation each, `duplicates` name an
    `idempotency_key` that had one before, `rejected` ones say why in the errors, of which `errors` shows the
    first. Errors are kept of the first 10,000 rejected lines; `errors_left_out` counts those beyond, which
    are counted anew when the batch is sent again. `evaluations` counts those of this batch by status.
    """

    id: str
    status: BatchStatus
    lines: int
    accepted: int
    duplicates: int
    rejected: int
    errors: tuple[LineProblem, ...] = ()
    errors_left_out: int = 0
    evaluations: dict[Status, int] = {}
    created_at: datetime
    updated_at: datetime


class TakenLine(Model):
    """What became of a line: the digest of its body (empty where that was rejected, or is erased), its
    evaluation where it has one, and what is wrong.
    """

    line: int
    body_sha256: str
    outcome: LineOutcome
    evaluation_id: str | None = None
    problems: tuple[LineProblem, ...] = ()

    def came_with(self, body_sha256: str) -> bool:
        """Whether it may be the same line: of what was erased nobody can say."""
        return self.body_sha256 in ("", body_sha256)
