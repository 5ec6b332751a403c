"""Grades one accepted evaluation, or a conversation on the spot."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog

from service.domain.errors import DatabaseAway, QalibrateError
from service.domain.evaluation import Assessment, Failure
from service.domain.grade import GraderName
from service.domain.score import score
from service.domain.scorecard import Scorecard
from service.domain.submission import Assignment
from service.domain.transcript import RedactedConversation
from service.grading.assess import assess
from service.grading.port import Grader
from service.storage.database import Database

log = structlog.get_logger(__name__)

# A crash of the process counts as an attempt; what kills it this often is not tried for ever.
MAX_ATTEMPTS = 10

WORKER = ""
"""Workers act for every tenant; the evaluation says whose it is."""


class Graders:
    """The graders that this process has, bounded in time."""

    def __init__(self, graders: Mapping[GraderName, Grader], timeout_s: float) -> None:
        self._graders = graders
        self._timeout_s = timeout_s

    @property
    def names(self) -> frozenset[GraderName]:
        """Which graders can be asked for."""
        return frozenset(self._graders)

    async def grade(
        self, grader: GraderName, conversation: RedactedConversation, card: Scorecard, redactor: str
    ) -> Assessment:
        """Return the assessment, complete with conditions, coaching, signals and the redactor's version.

        Raises ModelAway, ModelRejected, and TimeoutError after the time that an evaluation may take.
        """
        async with asyncio.timeout(self._timeout_s):
            assessment = await assess(self._graders[grader], conversation, card)
        provenance = assessment.provenance.model_copy(update={"redactor": redactor})
        return assessment.model_copy(update={"provenance": provenance})


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
        assignment = await asyncio.to_thread(self._start, evaluation_id)
        if assignment is None:
            return
        started = time.monotonic()
        outcome = await self._outcome(assignment)
        stored = await asyncio.to_thread(self._store, assignment, outcome)
        self._on_done(evaluation_id)
        log.info(
            "evaluation graded" if isinstance(outcome, Assessment) else "evaluation failed",
            evaluation=evaluation_id,
            grader=assignment.grader,
            attempt=assignment.attempts,
            seconds=round(time.monotonic() - started, 3),
            stored=stored,
            reason=None if isinstance(outcome, Assessment) else outcome.type,
        )

    def _start(self, evaluation_id: str) -> Assignment | None:
        with self._database.begin(WORKER) as tx:
            return tx.evaluations.start_attempt(evaluation_id)

    async def _outcome(self, assignment: Assignment) -> Assessment | Failure:
        if assignment.attempts > MAX_ATTEMPTS:
            detail = f"grading was interrupted {MAX_ATTEMPTS} times; it is not tried again"
            return Failure(type="too-many-attempts", detail=detail)
        try:
            return await self._graders.grade(
                assignment.grader,
                assignment.conversation,
                assignment.scorecard.scorecard,
                assignment.redaction.version,
            )
        except DatabaseAway:
            raise
        except TimeoutError:
            return Failure(type="timeout", detail="grading took longer than an evaluation may take")
        except QalibrateError as error:
            return Failure(type=error.type, detail=error.detail)
        except KeyError:
            detail = f"this worker has no grader {assignment.grader!r}; set OPENAI_API_KEY or OPENAI_BASE_URL"
            return Failure(type="grader-not-configured", detail=detail)
        except Exception as error:
            # The message may quote the transcript, so only the kind of error is logged and stored.
            log.error("grading broke", evaluation=assignment.id, error=type(error).__name__)
            return Failure(type="internal", detail=f"grading broke with {type(error).__name__}")

    def _store(self, assignment: Assignment, outcome: Assessment | Failure) -> bool:
        now = datetime.now(UTC)
        with self._database.begin(WORKER) as tx:
            if isinstance(outcome, Failure):
                return tx.evaluations.fail(assignment.id, outcome, now)
            result = score(assignment.scorecard.scorecard, outcome.grades)
            return tx.evaluations.complete(assignment.id, outcome, result, now)
