"""Stores what came of an evaluation, and leaves word of it in the same transaction."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from service.domain.errors import DatabaseAway
from service.domain.evaluation import Assessment, Evaluation, Failure
from service.domain.grade import GraderName
from service.domain.review_queue import REVIEW_DAYS, needed_review
from service.domain.score import Score, score
from service.domain.submission import Assignment
from service.storage.database import Database
from service.storage.transaction import Transaction
from service.telemetry import stage
from service.telemetry.metrics import count_evaluation
from service.usecases.announce import Announce
from service.usecases.handover import Accepted

log = structlog.get_logger(__name__)

# A result cost a model's work; storing it is tried for so long, with ever longer pauses, before the job is
# given back and done anew.
STORE_WITHIN_S = 600.0
STORE_PAUSE_S = 0.5
LONGEST_STORE_PAUSE_S = 30.0

WORKER = ""
"""Workers act for every tenant; the evaluation says whose it is."""


class StoreResult:
    """Makes evaluations completed or failed. What is final already stays as it is."""

    def __init__(
        self,
        database: Database,
        announce: Announce | None = None,
        tell: Callable[[], None] = lambda: None,
        within_s: float = STORE_WITHIN_S,
        review_days: float = REVIEW_DAYS,
    ) -> None:
        """Make it. `tell` is called when webhooks may have been committed. A result that cannot be stored is
        kept and tried again for `within_s`. What needs a person waits for one for `review_days`.
        """
        self._database = database
        self._announce = announce
        self._tell = tell
        self._within_s = within_s
        self._review_days = review_days

    async def __call__(
        self, assignment: Assignment, outcome: Assessment | Failure, accepted: Accepted | None
    ) -> Evaluation | None:
        """Return the final evaluation where it can be told without reading it. Raises DatabaseAway."""
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(DatabaseAway),
            stop=stop_after_delay(self._within_s),
            wait=wait_random_exponential(multiplier=STORE_PAUSE_S, max=LONGEST_STORE_PAUSE_S),
            before_sleep=_log_unstored,
            reraise=True,
        )
        with stage("store", evaluation=assignment.id):
            final: Evaluation | None = await retrying(
                asyncio.to_thread, self._store, assignment, outcome, accepted
            )
        if accepted is None or accepted.submission.callback_url is not None:
            self._tell()
        return final

    def failure(self, evaluation_id: str, failure: Failure) -> None:
        """Store why an evaluation of which nothing else is known failed. Raises DatabaseAway."""
        with self._database.begin(WORKER) as tx:
            tenant = tx.evaluations.owner(evaluation_id)
            if tenant is not None:
                self._fail(tx.on_behalf_of(tenant), evaluation_id, failure, datetime.now(UTC))
        self._tell()

    def _store(
        self, assignment: Assignment, outcome: Assessment | Failure, accepted: Accepted | None
    ) -> Evaluation | None:
        now = datetime.now(UTC)
        result = None
        if isinstance(outcome, Failure):
            with self._database.begin(assignment.tenant) as tx:
                stored = self._fail(tx, assignment.id, outcome, now)
        else:
            result = score(assignment.scorecard.scorecard, outcome.grades)
            with self._database.begin(assignment.tenant) as tx:
                stored = self._complete(tx, assignment.id, outcome, result, now)
        if stored:
            _count(assignment.grader, outcome)
        if not (stored and accepted):
            return None
        return finished(accepted.evaluation, outcome, result, now, self._review_days)

    def _complete(
        self, tx: Transaction, evaluation_id: str, assessment: Assessment, result: Score, now: datetime
    ) -> bool:
        stored = tx.evaluations.complete(evaluation_id, assessment, result, now, self._review_days)
        if stored and self._announce is not None:
            self._announce(tx, evaluation_id, "evaluation.completed")
            if needed_review(assessment, now, self._review_days) is not None:
                self._announce(tx, evaluation_id, "review.required")
        return stored

    def _fail(self, tx: Transaction, evaluation_id: str, failure: Failure, now: datetime) -> bool:
        stored = tx.evaluations.fail(evaluation_id, failure, now)
        if stored and self._announce is not None:
            self._announce(tx, evaluation_id, "evaluation.failed")
        return stored


def _count(grader: GraderName, outcome: Assessment | Failure) -> None:
    if isinstance(outcome, Failure):
        count_evaluation("failed", grader, {})
    else:
        count_evaluation("completed", grader, Counter(grade.outcome for grade in outcome.grades))


def _log_unstored(state: RetryCallState) -> None:
    log.warning(
        "a result could not be stored; it is kept and tried again",
        attempt=state.attempt_number,
        pause_s=round(state.upcoming_sleep, 2),
    )


def finished(
    evaluation: Evaluation,
    outcome: Assessment | Failure,
    result: Score | None,
    now: datetime,
    review_days: float | None = None,
) -> Evaluation:
    """Return an evaluation with what came out of it at `now`; a failed one says why. Where a grade asks for a
    person, it waits for one for `review_days` (None: there is nobody to wait for).
    """
    if isinstance(outcome, Failure):
        return evaluation.model_copy(update={"status": "failed", "completed_at": now, "error": outcome})
    shared = Assessment.model_fields.keys() & Evaluation.model_fields.keys()
    given = {name: getattr(outcome, name) for name in shared}
    redaction = evaluation.redaction.model_copy(update={"answers": outcome.taken_out})
    known = {"status": "completed", "completed_at": now, "score": result, "redaction": redaction}
    needed = None if review_days is None else needed_review(outcome, now, review_days)
    if needed is not None:
        known |= {"review_state": "open", "review_due_at": needed.due_at}
    return evaluation.model_copy(update=given | known)
