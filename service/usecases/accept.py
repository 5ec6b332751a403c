"""Takes requests to the point where they can no longer be lost: committed together with their jobs."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from service.domain.errors import Conflict, Gone, QalibrateError
from service.domain.evaluation import Evaluation, RedactionSummary
from service.domain.grade import GraderName
from service.domain.scorecard import ScorecardRevision
from service.domain.selection import choose_scorecard
from service.domain.submission import BatchLine, Submission
from service.domain.transcript import RedactedConversation
from service.domain.vault import Original
from service.storage.idempotency import Claim
from service.storage.transaction import Transaction
from service.telemetry import tracing
from service.usecases.calibrations import Followed
from service.usecases.cards import named_scorecard
from service.usecases.handover import Accepted, Handover
from service.usecases.queue import JobQueue, NewJob
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


class Draft(NamedTuple):
    """A request that is ready to be committed. `conversation` is redacted, or, where `sealed` holds the one
    that came, what is known of it without a word that anybody said.
    """

    id: str
    request: EvaluationRequest
    grader: GraderName
    conversation: RedactedConversation
    redaction: RedactionSummary
    idempotency: Idempotency | None = None
    originals: tuple[Original, ...] = ()
    sealed: bytes | None = None
    batch: BatchLine | None = None
    traceparent: str | None = None


class Taken(NamedTuple):
    """The evaluation of a request, and whether it is new or was there under its idempotency key."""

    evaluation: Evaluation
    is_new: bool


Outcome = Taken | QalibrateError


class Acceptance:
    """Writes drafts of one tenant into a transaction: rows, keys, sealed requests, jobs."""

    def __init__(
        self,
        queue: JobQueue,
        vault: Vault,
        handover: Handover | None = None,
        followed: Followed | None = None,
    ) -> None:
        """Make it; a worker of this process, if there is one, finds through `handover` what is accepted."""
        self._queue = queue
        self._vault = vault
        self._handover = handover or Handover()
        self._followed = followed or Followed()

    def __call__(self, tx: Transaction, drafts: Sequence[Draft]) -> list[Outcome]:
        """Return what came of each: accepted, when `tx` commits, or known before, or why it cannot be graded.

        What is wrong with one does not stop the others.
        """
        known = tx.idempotency.known({d.idempotency.key for d in drafts if d.idempotency})
        chosen = self._with_cards(tx, [d for d in _firsts(drafts) if _key(d) not in known])
        outcomes: dict[str, Outcome] = {
            draft.id: card for draft, card in chosen if isinstance(card, QalibrateError)
        }
        outcomes |= self._written(tx, [(d, c) for d, c in chosen if isinstance(c, ScorecardRevision)])
        for draft in drafts:
            if draft.id not in outcomes and draft.idempotency:
                outcomes[draft.id] = self._again(tx, draft, draft.idempotency)
        return [outcomes[draft.id] for draft in drafts]

    def tell(self) -> None:
        """Say that what was written is committed."""
        self._queue.tell()

    def _again(self, tx: Transaction, draft: Draft, idempotency: Idempotency) -> Outcome:
        """Return what came of the request that had the key first; without one this one is the first."""
        try:
            earlier = same_request(tx, idempotency)
        except QalibrateError as error:
            return error
        return self(tx, [draft])[0] if earlier is None else Taken(earlier, is_new=False)

    def _with_cards(
        self, tx: Transaction, drafts: Sequence[Draft]
    ) -> list[tuple[Draft, ScorecardRevision | QalibrateError]]:
        cards = _Cards(tx)
        return [(draft, self._card(tx, cards, draft)) for draft in drafts]

    def _card(self, tx: Transaction, cards: "_Cards", draft: Draft) -> ScorecardRevision | QalibrateError:
        try:
            card = cards.of(draft)
            if draft.grader == "learned" and self._followed(tx, card.name, draft.grader) is None:
                raise GraderNotConfigured(
                    f"the grader 'learned' needs an active calibration of {card.name!r} with text models, "
                    "which takes labels of about fifty conversations"
                )
        except QalibrateError as error:
            return error
        return card

    def _written(
        self, tx: Transaction, chosen: Sequence[tuple[Draft, ScorecardRevision]]
    ) -> dict[str, Outcome]:
        now = datetime.now(UTC)
        # In one order everywhere, so that two transactions cannot wait for each other.
        claims = sorted(Claim(*d.idempotency, d.id) for d, _ in chosen if d.idempotency)
        won = tx.idempotency.claim(claims, now)
        mine = [(d, c) for d, c in chosen if d.idempotency is None or d.idempotency.key in won]
        submissions = [_submission(draft, card, now) for draft, card in mine]
        evaluations = tx.evaluations.add_all(submissions)
        tx.sealed_requests.add_all([(d.id, d.sealed) for d, _ in mine if d.sealed is not None], now)
        for (draft, _), submission, evaluation in zip(mine, submissions, evaluations, strict=True):
            self._vault.keep(tx, draft.id, draft.originals, now)
            with tracing.continued(draft.traceparent):
                self._hand_over(tx.tenant, draft, submission, evaluation)
        self._queue.enqueue_new(tx, [NewJob(one.id, one.priority, one.grader) for one in submissions])
        return {evaluation.id: Taken(evaluation, is_new=True) for evaluation in evaluations}

    def _hand_over(self, tenant: str, draft: Draft, submission: Submission, evaluation: Evaluation) -> None:
        # Before it is committed, because a worker may have it at that very moment. Batches are too long.
        if draft.sealed is None and draft.batch is None:
            self._handover.put(Accepted(tenant, submission, evaluation))


class _Cards:
    """The scorecards that the requests of one transaction mean, each read once."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._named: dict[str, ScorecardRevision] = {}
        self._published: list[ScorecardRevision] | None = None

    def of(self, draft: Draft) -> ScorecardRevision:
        reference = draft.request.scorecard
        if reference is None:
            if self._published is None:
                self._published = self._tx.scorecards.list()
            conversation = draft.request.conversation
            return choose_scorecard(conversation, draft.conversation.language, self._published)
        if reference not in self._named:
            self._named[reference] = named_scorecard(self._tx, reference)
        return self._named[reference]


def same_request(tx: Transaction, idempotency: Idempotency) -> Evaluation | None:
    """Return the evaluation of an earlier request with the same key, or None.

    Raises Conflict when that had another body, Gone when it was erased since.
    """
    known = tx.idempotency.find(idempotency.key)
    if known is None:
        return None
    if not known.came_with(idempotency.body_sha256):
        raise Conflict("this Idempotency-Key came with another body before; use a new key for a new request")
    evaluation = tx.evaluations.get(known.evaluation_id)
    if evaluation is None:
        raise Gone("evaluation", known.evaluation_id)
    return evaluation


def _firsts(drafts: Sequence[Draft]) -> Iterator[Draft]:
    """Yield the drafts without those whose key a draft before them has."""
    seen: set[str] = set()
    for draft in drafts:
        key = _key(draft)
        if key is None or key not in seen:
            yield draft
        if key is not None:
            seen.add(key)


def _key(draft: Draft) -> str | None:
    return draft.idempotency.key if draft.idempotency else None


def _submission(draft: Draft, card: ScorecardRevision, now: datetime) -> Submission:
    return Submission.model_construct(
        id=draft.id,
        conversation=draft.conversation,
        redaction=draft.redaction,
        scorecard=card,
        grader=draft.grader,
        created_at=now,
        priority=draft.request.priority,
        batch=draft.batch,
        callback_url=draft.request.callback_url,
    )
