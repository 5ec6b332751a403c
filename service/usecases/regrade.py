"""Grades a contested dimension anew: by the same grader, on its own, with nothing of the appeal before it."""

import asyncio
from datetime import UTC, datetime

import structlog

from service.domain.appeal import Appeal, Regrade
from service.domain.calibration import Fitted
from service.domain.evaluation import Assessment, Failure
from service.domain.grade import GraderName
from service.storage.appeals import RegradeWork
from service.storage.database import Database
from service.usecases.appeal import card_of_one, cites, same_answer
from service.usecases.assess import Graders
from service.usecases.calibrations import Followed
from service.usecases.queue import JobQueue

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 6
PAUSE_S = 60.0
LONGER = 4
"""What fails for a reason that passes is tried again after 1, 4, 16, 64 and 256 minutes."""

WORKER = ""
"""Workers act for every tenant; the appeal says whose it is."""

_PASSES = {"model-away", "timeout", "unavailable", "too-busy"}

_SAME_GRADER = "the same grader was asked about this dimension alone, without its first answer or the appeal"
_MEASURES = "this grader measures: asked again it gives the same answer, which is no second opinion"


class RegradeAppeal:
    """Does the job of one appeal. Doing it twice gives one result."""

    def __init__(
        self, database: Database, graders: Graders, queue: JobQueue, followed: Followed | None = None
    ) -> None:
        self._database = database
        self._graders = graders
        self._queue = queue
        self._followed = followed or Followed()

    async def __call__(self, appeal_id: str) -> None:
        """Grade anew and store it, unless nobody waits for it any more. Raises DatabaseAway."""
        begun = await asyncio.to_thread(self._start, appeal_id)
        if begun is None:
            return
        work, fitted = begun
        card = card_of_one(work.card, work.appeal.dimension)
        outcome = await self._graders.grade(
            work.grader, work.conversation, card, work.redaction, work.tenant, fitted=fitted
        )
        again = isinstance(outcome, Failure) and outcome.type in _PASSES and work.attempts < MAX_ATTEMPTS
        await asyncio.to_thread(self._store, work, outcome, again=again)
        reason = outcome.type if isinstance(outcome, Failure) else None
        log.info("contested grade graded anew", appeal=appeal_id, failed=reason, again=again)

    def _start(self, appeal_id: str) -> tuple[RegradeWork, Fitted | None] | None:
        with self._database.begin(WORKER) as tx:
            work = tx.appeals.begin_regrade(appeal_id)
            if work is None:
                return None
            # A calibration is of the whole card: only what it learned to grade can be asked again.
            theirs = tx.on_behalf_of(work.tenant)
            learned = work.grader == "learned"
            return work, self._followed(theirs, work.card_name, work.grader) if learned else None

    def _store(self, work: RegradeWork, outcome: Assessment | Failure, *, again: bool) -> None:
        appeal = work.appeal
        with self._database.begin(WORKER) as tx:
            theirs = tx.on_behalf_of(work.tenant)
            theirs.appeals.regraded(appeal.id, regrade_of(appeal, outcome, work.grader, datetime.now(UTC)))
            if again:
                delay = PAUSE_S * LONGER ** (work.attempts - 1)
                self._queue.enqueue_regrade(theirs, appeal.id, work.attempts + 1, delay)


def regrade_of(appeal: Appeal, outcome: Assessment | Failure, grader: GraderName, now: datetime) -> Regrade:
    """Return the second verdict beside the first one, and what comparing them is worth."""
    note = _SAME_GRADER if grader == "llm" else _MEASURES
    if isinstance(outcome, Failure):
        return Regrade(at=now, error=outcome, note=note)
    grade = next((one for one in outcome.grades if one.dimension == appeal.dimension), None)
    if grade is None:
        missing = Failure(type="no-answer", detail="the grader gave no answer on this dimension")
        return Regrade(at=now, error=missing, note=note)
    return Regrade(
        at=now,
        grade=grade,
        same_answer=same_answer(appeal.contested, grade),
        cites_quote=None if appeal.quote is None else cites(grade, appeal.quote),
        note=note,
        provenance=outcome.provenance,
        usage=outcome.usage,
    )
