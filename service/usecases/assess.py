"""Grades one accepted evaluation, or a conversation on the spot."""

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import structlog

from service.domain.calibration import Fitted
from service.domain.errors import DatabaseAway, QalibrateError
from service.domain.evaluation import Assessment, Evaluation, Failure, RedactionSummary
from service.domain.grade import GraderName
from service.domain.scorecard import Scorecard
from service.domain.submission import Assignment
from service.domain.transcript import RedactedConversation
from service.grading.assess import assess
from service.grading.limits import work_time
from service.grading.looking import Elsewhere
from service.grading.port import Grader
from service.storage.database import Database
from service.storage.transaction import Transaction
from service.telemetry import stage, waited
from service.usecases.answers import RedactAnswer
from service.usecases.calibrations import Followed
from service.usecases.following import Following
from service.usecases.handover import Accepted, Handover
from service.usecases.paid import grading_of
from service.usecases.parking import Parking
from service.usecases.storing import WORKER, StoreResult

log = structlog.get_logger(__name__)

# A crash of the process counts as an attempt; what kills it this often is not tried for ever.
MAX_ATTEMPTS = 10


class Graders:
    """The graders that this process has, bounded in time; personal data in their words is taken out."""

    def __init__(
        self,
        graders: Mapping[GraderName, Grader],
        timeout_s: float,
        redact_answer: RedactAnswer,
        elsewhere: Elsewhere = asyncio.to_thread,
    ) -> None:
        """Make them; what rules do beside a grader is done `elsewhere`."""
        self._elsewhere = elsewhere
        self._graders = graders
        self._timeout_s = timeout_s
        self._redact_answer = redact_answer
        self._following = Following()

    @property
    def names(self) -> frozenset[GraderName]:
        """Which graders can be asked for on any scorecard; `learned` only where a calibration has models."""
        return frozenset(self._graders)

    async def grade(
        self,
        grader: GraderName,
        conversation: RedactedConversation,
        card: Scorecard,
        redaction: RedactionSummary,
        tenant: str,
        names: Sequence[str] = (),
        fitted: Fitted | None = None,
    ) -> Assessment | Failure:
        """Return the assessment, complete with conditions, coaching and signals, or why there is none.

        Its words are redacted under the policy of `tenant`; `names` are known to be personal. Its grades
        follow the calibration `fitted`, unless what that depends on has changed. Raises DatabaseAway only.
        """
        try:
            chosen = self._following.learned(fitted) if grader == "learned" else self._graders.get(grader)
            if chosen is None:
                return _not_configured(grader)
            # Waiting for the limits of requests to the model is no fault of this evaluation.
            async with work_time(self._timeout_s):
                with stage("grade", grader=grader):
                    assessment = await assess(chosen, conversation, card, elsewhere=self._elsewhere)
                with stage("redact_answer"):
                    assessment = await self._redact_answer(assessment, conversation, tenant, names)
                provenance = assessment.provenance.model_copy(
                    update={"redactor": redaction.version, "policy": redaction.policy}
                )
                complete = assessment.model_copy(update={"provenance": provenance})
                # Last, because a calibration depends on all of the provenance.
                return await self._following(fitted, card, conversation, complete)
        except Exception as error:
            return failure_of(error)


def _not_configured(grader: GraderName) -> Failure:
    missing = "set OPENAI_API_KEY or OPENAI_BASE_URL"
    if grader == "learned":
        missing = "no active calibration of this scorecard has text models"
    return Failure(type="grader-not-configured", detail=f"there is no grader {grader!r} here; {missing}")


def failure_of(error: Exception) -> Failure:
    """Return what is stored and told of an error. Raises DatabaseAway again: that passes."""
    if isinstance(error, DatabaseAway):
        raise error
    if isinstance(error, TimeoutError):
        return Failure(type="timeout", detail="grading took longer than an evaluation may take")
    if isinstance(error, QalibrateError):
        return Failure(type=error.type, detail=error.detail)
    # The message may quote the transcript, so only the kind of error and its place are logged and stored.
    place = traceback.extract_tb(error.__traceback__)[-1]
    log.error("grading broke", error=type(error).__name__, file=place.filename, line=place.lineno)
    return Failure(type="internal", detail=f"grading broke with {type(error).__name__}")


class _Work(NamedTuple):
    """What is to be graded, and the calibration that its grades follow."""

    assignment: Assignment
    fitted: Fitted | None


Redacting = Callable[[Assignment, bytes], Awaitable[Assignment | Failure | None]]
"""Redacts a sealed request, or says why that cannot be; None: it is not wanted now."""


async def _nothing_is_sealed(assignment: Assignment, _sealed: bytes) -> Assignment | Failure | None:
    raise LookupError(assignment.id)


class AssessEvaluation:
    """Does the job of one evaluation. Doing it twice gives one result."""

    def __init__(
        self,
        database: Database,
        graders: Graders,
        on_done: Callable[[str, Evaluation | None], None] = lambda *_: None,
        handover: Handover | None = None,
        followed: Followed | None = None,
        store: StoreResult | None = None,
        parking: Parking | None = None,
        unseal: Redacting = _nothing_is_sealed,
    ) -> None:
        """Make one that calls `on_done` with the id of each evaluation whose result is committed, and with
        the evaluation where it is at hand. What comes through `handover` is not read from the database. What
        asks a model waits in the `parking` while it is away; what came sealed is redacted by `unseal` first.
        """
        self._unseal = unseal
        self._database = database
        self._graders = graders
        self._on_done = on_done
        self._handover = handover or Handover()
        self._followed = followed or Followed()
        self._store = store or StoreResult(database)
        self._parking = parking or Parking(database)

    async def __call__(self, evaluation_id: str) -> None:
        """Grade and store. What fails for a reason of its own is stored as failed, with the reason.

        Raises DatabaseAway, so that the job is tried again when the database is back: at once where nothing
        was graded yet, and with a result in hand only when it could not be stored for long.
        """
        started = time.monotonic()
        accepted = self._handover.take(evaluation_id)
        final: Evaluation | None = None
        try:
            work = await asyncio.to_thread(self._start, evaluation_id, accepted)
            if work is None:
                return
            _note_wait(work.assignment)
            outcome = await self._outcome(work)
            if outcome is None:
                return
            final = await self._store(work.assignment, outcome, accepted)
        except Exception as error:
            # What cannot be read or stored would otherwise stay open for ever.
            outcome = failure_of(error)
            await asyncio.to_thread(self._store.failure, evaluation_id, outcome)
        self._on_done(evaluation_id, final)
        facts = {"evaluation": evaluation_id, "seconds": round(time.monotonic() - started, 3)}
        if isinstance(outcome, Failure):
            log.error("evaluation failed", reason=outcome.type, **facts)
        else:
            log.info("evaluation graded", **facts)

    def _start(self, evaluation_id: str, accepted: Accepted | None) -> _Work | None:
        with self._database.begin(WORKER, forgetful=True) as tx:
            assignment = _begun(tx, evaluation_id, accepted)
            if assignment is None:
                return None
            theirs = tx.on_behalf_of(assignment.tenant)
            return _Work(assignment, self._followed(theirs, assignment.scorecard.name, assignment.grader))

    async def _outcome(self, work: _Work) -> Assessment | Failure | None:
        """Return what grading gives, None when it is not wanted any more."""
        assignment = work.assignment
        if assignment.attempts > MAX_ATTEMPTS:
            detail = f"grading was interrupted {MAX_ATTEMPTS} times; it is not tried again"
            return Failure(type="too-many-attempts", detail=detail)
        if assignment.sealed is not None:
            opened = await self._unseal(assignment, assignment.sealed)
            if not isinstance(opened, Assignment):
                return opened
            assignment, work = opened, work._replace(assignment=opened)
        if assignment.grader != "llm":
            return await self._grade(work)
        with grading_of(assignment.id, assignment.attempts):
            return await self._parking(assignment, partial(self._grade, work))

    async def _grade(self, work: _Work) -> Assessment | Failure:
        assignment = work.assignment
        return await self._graders.grade(
            assignment.grader,
            assignment.conversation,
            assignment.scorecard.scorecard,
            assignment.redaction,
            assignment.tenant,
            fitted=work.fitted,
        )


def _begun(tx: Transaction, evaluation_id: str, accepted: Accepted | None) -> Assignment | None:
    """Count an attempt and return what is to be graded, or None when nothing is left to do."""
    if accepted is None:
        return tx.evaluations.start_attempt(evaluation_id)
    attempts = tx.evaluations.count_attempt(evaluation_id)
    return None if attempts is None else _assignment(accepted, attempts)


def _note_wait(assignment: Assignment) -> None:
    """Tell how long it was queued; a later attempt did not wait for its turn alone."""
    if assignment.attempts == 1 and assignment.created_at is not None:
        waited("queue", assignment.created_at, evaluation=assignment.id)


def _assignment(accepted: Accepted, attempts: int) -> Assignment:
    submission = accepted.submission
    return Assignment.model_construct(
        id=submission.id,
        tenant=accepted.tenant,
        conversation=submission.conversation,
        redaction=submission.redaction,
        scorecard=submission.scorecard,
        grader=submission.grader,
        attempts=attempts,
        created_at=submission.created_at,
    )
