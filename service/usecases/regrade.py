"""Grades a contested dimension anew: by the same grader, on its own, with nothing of the appeal before it."""

import asyncio
from datetime import UTC, datetime
from functools import partial

import structlog

from service.domain.appeal import Appeal, Regrade
from service.domain.calibration import Fitted
from service.domain.evaluation import Assessment, Failure, Waiting
from service.domain.grade import GraderName
from service.storage.appeals import RegradeWork
from service.storage.database import Database
from service.usecases.appeal import card_of_one, cites, same_answer
from service.usecases.assess import Graders, failure_of
from service.usecases.calibrations import Followed
from service.usecases.model_health import is_of_the_model
from service.usecases.parking import Parking
from service.usecases.queue import JobQueue, regrade_job

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 6
PAUSE_S = 60.0
LONGER = 4
"""What fails for a reason that passes is tried again after 1, 4, 16, 64 and 256 minutes."""

WORKER = ""
"""Workers act for every tenant; the appeal says whose it is."""

_PASSES = {"timeout", "unavailable", "too-busy"}
"""What of the model itself passes is waited for in the parking."""

_SAME_GRADER = "the same grader was asked about this dimension alone, without its first answer or the appeal"
_MEASURES = "this grader measures: asked again it gives the same answer, which is no second opinion"


class _AppealNotes:
    """That grading anew waits stands in the appeal as its error, with the time since when."""

    def __init__(self, database: Database, appeal_id: str) -> None:
        self._database = database
        self._id = appeal_id
        self._is_parked = False

    def park(self, waiting: Waiting) -> bool:
        why = Failure(type=waiting.type, detail=waiting.detail)
        regrade = Regrade(at=waiting.since, error=why, note=_SAME_GRADER)
        with self._database.begin(WORKER) as tx:
            parked = tx.appeals.park_regrade(self._id, regrade, counts_back=not self._is_parked)
        self._is_parked = True
        return parked

    def go_on(self) -> bool:
        with self._database.begin(WORKER) as tx:
            counted = tx.appeals.count_attempt(self._id)
        self._is_parked = False
        return counted


class RegradeAppeal:
    """Does the job of one appeal. Doing it twice gives one result."""

    def __init__(
        self,
        database: Database,
        graders: Graders,
        queue: JobQueue,
        followed: Followed | None = None,
        parking: Parking | None = None,
    ) -> None:
        """Make one that waits in the `parking` while the model is away."""
        self._database = database
        self._graders = graders
        self._queue = queue
        self._followed = followed or Followed()
        self._parking = parking or Parking(database)

    async def __call__(self, appeal_id: str, attempt: int = 1) -> None:
        """Grade anew and store it, unless nobody waits for it any more; `attempt` is the job's own number.

        Raises DatabaseAway.
        """
        outcome: Assessment | Failure | None
        again = False
        try:
            begun = await asyncio.to_thread(self._start, appeal_id)
            if begun is None:
                return
            work, fitted = begun
            outcome = await self._outcome(work, fitted, regrade_job(appeal_id, attempt))
            if outcome is None:
                return
            again = isinstance(outcome, Failure) and outcome.type in _PASSES and work.attempts < MAX_ATTEMPTS
            await asyncio.to_thread(self._store, work, outcome, attempt + 1 if again else None)
        except Exception as error:
            # What cannot be read or stored would otherwise stay open without a word why.
            outcome, again = failure_of(error), False
            await asyncio.to_thread(self._store_failure, appeal_id, outcome)
        reason = outcome.type if isinstance(outcome, Failure) else None
        log.info("contested grade graded anew", appeal=appeal_id, failed=reason, again=again)

    async def _outcome(
        self, work: RegradeWork, fitted: Fitted | None, job_id: str
    ) -> Assessment | Failure | None:
        """Return what grading anew gives, None when it is not wanted any more."""
        if work.attempts > MAX_ATTEMPTS:
            detail = f"grading anew was interrupted {MAX_ATTEMPTS} times; it is not tried again"
            return Failure(type="too-many-attempts", detail=detail)
        card = card_of_one(work.card, work.appeal.dimension)
        grade = partial(
            self._graders.grade,
            work.grader,
            work.conversation,
            card,
            work.redaction,
            work.tenant,
            fitted=fitted,
        )
        if work.grader != "llm":
            return await grade()
        notes = _AppealNotes(self._database, work.appeal.id)
        return await self._parking.hold(job_id, _waits_since(work.appeal), notes, grade)

    def _start(self, appeal_id: str) -> tuple[RegradeWork, Fitted | None] | None:
        with self._database.begin(WORKER) as tx:
            work = tx.appeals.begin_regrade(appeal_id)
            if work is None:
                return None
            # A calibration is of the whole card: only what it learned to grade can be asked again.
            theirs = tx.on_behalf_of(work.tenant)
            learned = work.grader == "learned"
            return work, self._followed(theirs, work.card_name, work.grader) if learned else None

    def _store_failure(self, appeal_id: str, failure: Failure) -> None:
        with self._database.begin(WORKER) as tx:
            tx.appeals.regraded(appeal_id, Regrade(at=datetime.now(UTC), error=failure, note=_SAME_GRADER))

    def _store(self, work: RegradeWork, outcome: Assessment | Failure, next_job: int | None) -> None:
        appeal = work.appeal
        with self._database.begin(WORKER) as tx:
            theirs = tx.on_behalf_of(work.tenant)
            theirs.appeals.regraded(appeal.id, regrade_of(appeal, outcome, work.grader, datetime.now(UTC)))
            if next_job is not None:
                delay = PAUSE_S * LONGER ** (work.attempts - 1)
                self._queue.enqueue_regrade(theirs, appeal.id, next_job, delay, work.grader)


def _waits_since(appeal: Appeal) -> datetime | None:
    """Return since when it waits for the model: another process may have had it before."""
    before = appeal.regrade
    waited = before is not None and before.error is not None and is_of_the_model(before.error)
    return before.at if before is not None and waited else None


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
