"""Accepts a conversation for grading: redacted first, then committed together with its job."""

import asyncio
import uuid
from datetime import UTC, datetime
from typing import NamedTuple

from service.domain.errors import Conflict, QalibrateError
from service.domain.evaluation import Evaluation
from service.domain.grade import GraderName
from service.domain.submission import Submission
from service.storage.database import Database
from service.storage.transaction import Transaction
from service.usecases.calibrations import Followed
from service.usecases.cards import resolve_scorecard
from service.usecases.handover import Accepted, Handover
from service.usecases.queue import JobQueue
from service.usecases.redact import RedactConversation, Redacted
from service.usecases.requests import EvaluationRequest
from service.usecases.vault import Vault


class Idempotency(NamedTuple):
    """A caller's promise that requests with this key are one request; `body_sha256` checks it."""

    key: str
    body_sha256: str


class GraderNotConfigured(QalibrateError):
    """The request names a grader that this service has no model for."""

    type = "grader-not-configured"
    title = "The grader is not configured"


class SubmitEvaluation:
    """Takes a request to the point where it can no longer be lost."""

    def __init__(
        self,
        database: Database,
        queue: JobQueue,
        redact: RedactConversation,
        vault: Vault,
        graders: frozenset[GraderName],
        default_grader: GraderName,
        handover: Handover | None = None,
        followed: Followed | None = None,
    ) -> None:
        """Make one; a worker of this process, if there is one, finds through `handover` what is accepted."""
        self._followed = followed or Followed()
        self._database = database
        self._queue = queue
        self._redact = redact
        self._vault = vault
        self._graders = graders
        self._default_grader = default_grader
        self._handover = handover or Handover()

    async def __call__(
        self, tenant: str, request: EvaluationRequest, idempotency: Idempotency | None = None
    ) -> Evaluation:
        """Return the accepted evaluation, or the earlier one that has the same idempotency key and body.

        Raises Conflict when the key came with another body before; InvalidInput and NotFound when the
        request cannot be graded; DatabaseAway.
        """
        if idempotency is not None:
            earlier = await asyncio.to_thread(self._earlier, tenant, idempotency)
            if earlier is not None:
                return earlier
        grader = self._chosen_grader(request)
        conversation = request.full_conversation
        redacted = await self._redact(conversation, tenant, originals=self._vault.is_on)
        accepted = await asyncio.to_thread(self._accept, tenant, request, grader, redacted, idempotency)
        self._queue.tell()
        return accepted

    def _chosen_grader(self, request: EvaluationRequest) -> GraderName:
        grader = request.grader or self._default_grader
        if grader not in self._graders and grader != "learned":
            raise GraderNotConfigured(
                f"the grader {grader!r} needs a model; set OPENAI_API_KEY or OPENAI_BASE_URL on the service"
            )
        return grader

    def _earlier(self, tenant: str, idempotency: Idempotency) -> Evaluation | None:
        with self._database.begin(tenant) as tx:
            return _same_request(tx, idempotency)

    def _accept(
        self,
        tenant: str,
        request: EvaluationRequest,
        grader: GraderName,
        redacted: Redacted,
        idempotency: Idempotency | None,
    ) -> Evaluation:
        now = datetime.now(UTC)
        with self._database.begin(tenant) as tx:
            language = redacted.conversation.language
            card = resolve_scorecard(tx, request.scorecard, request.conversation, language)
            if grader == "learned" and self._followed(tx, card.name, grader) is None:
                raise GraderNotConfigured(
                    f"the grader 'learned' needs an active calibration of {card.name!r} with text models, "
                    "which takes labels of about fifty conversations"
                )
            submission = Submission(
                id=uuid.uuid4().hex,
                conversation=redacted.conversation,
                redaction=redacted.summary,
                scorecard=card,
                grader=grader,
                created_at=now,
                priority=request.priority,
                callback_url=request.callback_url,
            )
            if idempotency and not tx.evaluations.claim_idempotency(*idempotency, submission.id, now):
                return self._lost_race(tx, idempotency)
            evaluation = tx.evaluations.add(submission)
            self._vault.keep(tx, submission.id, redacted.originals, now)
            self._queue.enqueue(tx, submission.id, submission.priority)
            # Before it is committed, because a worker may have it at that very moment.
            self._handover.put(Accepted(tenant, submission, evaluation))
            return evaluation

    def _lost_race(self, tx: Transaction, idempotency: Idempotency) -> Evaluation:
        """Another request with the key was accepted while this one was being redacted."""
        return _found(_same_request(tx, idempotency))


def _same_request(tx: Transaction, idempotency: Idempotency) -> Evaluation | None:
    known = tx.evaluations.find_idempotency(idempotency.key)
    if known is None:
        return None
    body_sha256, evaluation_id = known
    if body_sha256 != idempotency.body_sha256:
        raise Conflict("this Idempotency-Key came with another body before; use a new key for a new request")
    return _found(tx.evaluations.get(evaluation_id))


def _found(evaluation: Evaluation | None) -> Evaluation:
    if evaluation is None:
        raise LookupError("an evaluation that this transaction knows of is not there")
    return evaluation
