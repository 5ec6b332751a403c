"""Grades one accepted evaluation, or a conversation on the spot."""

import asyncio
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import structlog

from service.domain.errors import DatabaseAway, QalibrateError
from service.domain.evaluation import Assessment, Failure, RedactionSummary
from service.domain.grade import GraderName
from service.domain.score import score
from service.domain.scorecard import Scorecard
from service.domain.submission import Assignment
from service.domain.transcript import RedactedConversation
from service.grading.assess import assess
from service.grading.port import Grader
from service.storage.database import Database
from service.usecases.answers import RedactAnswer

log = structlog.get_logger(__name__)

# A crash of the process counts as an attempt; what kills it this often is not tried for ever.
MAX_ATTEMPTS = 10

WORKER = ""
"""Workers act for every tenant; the evaluation says whose it is."""


class Graders:
    """The graders that this process has, bounded in time; personal data in their words is taken out."""

    def __init__(
        self, graders: Mapping[GraderName, Grader], timeout_s: float, redact_answer: RedactAnswer
    ) -> None:
        self._graders = graders
        self._timeout_s = timeout_s
        self._redact_answer = redact_answer

    @property
    def names(self) -> frozenset[GraderName]:
        """Which graders can be asked for."""
        return frozenset(self._graders)

    async def grade(
        self,
        grader: GraderName,
        conversation: RedactedConversation,
        card: Scorecard,
        redaction: RedactionSummary,
        tenant: str,
        names: Sequence[str] = (),
    ) -> Assessment | Failure:
        """Return the assessment, complete with conditions, coaching and signals, or why there is none.

        Its words are redacted under the policy of `tenant`; `names` are known to be personal. Raises
        DatabaseAway only.
        """
        if grader not in self._graders:
            detail = f"this process has no grader {grader!r}; set OPENAI_API_KEY or OPENAI_BASE_URL"
            return Failure(type="grader-not-configured", detail=detail)
        try:
            async with asyncio.timeout(self._timeout_s):
                assessment = await assess(self._graders[grader], conversation, card)
                assessment = await self._redact_answer(assessment, conversation, tenant, names)
        except Exception as error:
            return failure_of(error)
        provenance = assessment.provenance.model_copy(update={"redactor": redaction.version})
        return assessment.model_copy(update={"provenance": provenance})


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


class AssessEvaluation:
    """Does the job of one evaluation. Doing it twice gives one result."""

    def __init__(
        self, database: Database, graders: Graders, on_done: Callable[[str], None] = lambda _: None
    ) -> None:
        """Make one that calls `on_done` with the id of each evaluation whose result is committed."""
        self._database = database
        self._graders = graders
        self._on_done = on_done

    async def __call__(self, evaluation_id: str) -> None:
        """Grade and store. What fails for a reason of its own is stored as failed, with the reason.

        Raises DatabaseAway, so that the job is tried again when the database is back.
        """
        started = time.monotonic()
        try:
            assignment = await asyncio.to_thread(self._start, evaluation_id)
            if assignment is None:
                return
            outcome = await self._outcome(assignment)
            await asyncio.to_thread(self._store, evaluation_id, assignment.scorecard.scorecard, outcome)
        except Exception as error:
            # What cannot be read or stored would otherwise stay open for ever.
            outcome = failure_of(error)
            await asyncio.to_thread(self._store_failure, evaluation_id, outcome)
        self._on_done(evaluation_id)
        facts = {"evaluation": evaluation_id, "seconds": round(time.monotonic() - started, 3)}
        if isinstance(outcome, Failure):
            log.error("evaluation failed", reason=outcome.type, **facts)
        else:
            log.info("evaluation graded", **facts)

    def _start(self, evaluation_id: str) -> Assignment | None:
        with self._database.begin(WORKER) as tx:
            return tx.evaluations.start_attempt(evaluation_id)

    async def _outcome(self, assignment: Assignment) -> Assessment | Failure:
        if assignment.attempts > MAX_ATTEMPTS:
            detail = f"grading was interrupted {MAX_ATTEMPTS} times; it is not tried again"
            return Failure(type="too-many-attempts", detail=detail)
        return await self._graders.grade(
            assignment.grader,
            assignment.conversation,
            assignment.scorecard.scorecard,
            assignment.redaction,
            assignment.tenant,
        )

    def _store(self, evaluation_id: str, card: Scorecard, outcome: Assessment | Failure) -> None:
        if isinstance(outcome, Failure):
            self._store_failure(evaluation_id, outcome)
            return
        with self._database.begin(WORKER) as tx:
            tx.evaluations.complete(evaluation_id, outcome, score(card, outcome.grades), datetime.now(UTC))

    def _store_failure(self, evaluation_id: str, failure: Failure) -> None:
        with self._database.begin(WORKER) as tx:
            tx.evaluations.fail(evaluation_id, failure, datetime.now(UTC))
