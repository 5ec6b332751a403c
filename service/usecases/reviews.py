"""Reviews: what waits for a person, who takes it on, and what they decide."""

import asyncio
import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from service.domain.audit import AuditAction, AuditEntry
from service.domain.base import Model
from service.domain.errors import Conflict, FieldProblem, Gone, InvalidInput, NotFound
from service.domain.evaluation import Evaluation
from service.domain.keys import ApiKey
from service.domain.person import same_person
from service.domain.review import (
    Claim,
    ClaimRequest,
    CurrentReview,
    GivenVerdict,
    Review,
    ReviewEffect,
    ReviewRequest,
)
from service.domain.review_queue import REVIEW_DAYS, QueueFilter, QueueItem, due_at, open_dimensions
from service.domain.scorecard import Scorecard
from service.storage.database import Database
from service.storage.idempotency import Claim as Once
from service.storage.reviews import Standing, Waiting
from service.storage.transaction import Transaction
from service.usecases.accept import Idempotency
from service.usecases.cursors import cursor_of, read_cursor
from service.usecases.review import answer_of, closed_ones, current_reviews, reviewed_score, still_open
from service.usecases.review_labels import store_labels
from service.usecases.words import RedactWords


class ReviewResult(Model):
    """What reviews were stored, the evaluation as it stands with them, and what else they changed."""

    evaluation: Evaluation
    reviews: tuple[Review, ...]
    effects: tuple[ReviewEffect, ...]


class QueuePage(NamedTuple):
    """Part of the queue, and where the next part starts (None at the end)."""

    items: Sequence[QueueItem]
    next_cursor: str | None


class Reviews:
    """The reviews of a tenant."""

    def __init__(self, database: Database, redact: RedactWords) -> None:
        self._database = database
        self._redact = redact

    def queue(self, tenant: str, wanted: QueueFilter, cursor: str | None, limit: int) -> QueuePage:
        """Return a page of what waits for a person. Raises InvalidInput for a cursor that is not ours."""
        after = read_cursor(cursor) if cursor else None
        with self._database.begin(tenant) as tx:
            found = tx.reviews.queue(wanted, after, limit + 1)
        last = found[limit - 1] if len(found) > limit else None
        items = [_item(one, wanted.now) for one in found[:limit]]
        return QueuePage(items, cursor_of(last.due_at, last.evaluation.id) if last else None)

    def history(self, tenant: str, evaluation_id: str) -> list[Review]:
        """Return every review of an evaluation, the oldest first. Raises NotFound."""
        with self._database.begin(tenant) as tx:
            if tx.evaluations.get(evaluation_id) is None:
                raise NotFound("evaluation", evaluation_id)
            return tx.reviews.history(evaluation_id)

    def claim(self, key: ApiKey, evaluation_id: str, request: ClaimRequest) -> Claim:
        """Let somebody hold an evaluation for a time, or longer than before.

        Raises NotFound, and Conflict while somebody else holds it, or when it does not wait for a person.
        """
        with self._database.begin(key.tenant) as tx:
            standing = locked(tx, evaluation_id)
            now = datetime.now(UTC)
            if standing.evaluation.review_state != "open":
                raise Conflict("this evaluation does not wait for a person")
            _check_claim(standing, request.by, now)
            claim = Claim(
                evaluation=evaluation_id, by=request.by, until=now + timedelta(minutes=request.minutes)
            )
            tx.reviews.claim(evaluation_id, claim)
            _note(tx, key, "evaluation.claimed", evaluation_id, {"by": claim.by})
            return claim

    def release(self, key: ApiKey, evaluation_id: str) -> None:
        """Let everybody review an evaluation again, whoever holds it. Raises NotFound."""
        with self._database.begin(key.tenant) as tx:
            held = locked(tx, evaluation_id).claim
            tx.reviews.claim(evaluation_id, None)
            if held is not None:
                _note(tx, key, "evaluation.released", evaluation_id, {"from": held.by})

    async def review(
        self, key: ApiKey, evaluation_id: str, request: ReviewRequest, idempotency: Idempotency | None = None
    ) -> ReviewResult:
        """Append verdicts, all or none, with the labels that they are, and return what they make of it.

        Raises NotFound, InvalidInput, Conflict (it is not graded, somebody else holds it, or the idempotency
        key came with another body) and what redaction raises.
        """
        evaluation = await asyncio.to_thread(self._evaluation, key.tenant, evaluation_id)
        reasons = [one.reason for one in request.verdicts]
        redacted = await self._redact(key.tenant, evaluation.language, reasons)
        verdicts = [
            one.model_copy(update={"reason": reason})
            for one, reason in zip(request.verdicts, redacted, strict=True)
        ]
        once = once_only("review", evaluation_id, idempotency)
        return await asyncio.to_thread(self._store, key, evaluation_id, request.reviewer, verdicts, once)

    def _evaluation(self, tenant: str, evaluation_id: str) -> Evaluation:
        with self._database.begin(tenant) as tx:
            found = tx.evaluations.get(evaluation_id)
        if found is None:
            raise NotFound("evaluation", evaluation_id)
        return found

    def _store(
        self,
        key: ApiKey,
        evaluation_id: str,
        reviewer: str,
        verdicts: Sequence[GivenVerdict],
        once: Once | None,
    ) -> ReviewResult:
        with self._database.begin(key.tenant) as tx:
            standing = locked(tx, evaluation_id)
            # Only now: who waited for the lock comes after whom they waited for.
            now = datetime.now(UTC)
            if once is not None and not tx.idempotency.claim([once], now):
                return _earlier(tx, once, evaluation_id, verdicts)
            _check_claim(standing, reviewer, now)
            card = card_of(tx, standing.evaluation)
            given = [(_review_id(once, one.dimension), one) for one in verdicts]
            new = _read_verdicts(card, standing.evaluation, reviewer, given, now)
            return record(tx, standing, card, new, key.id, now)


def locked(tx: Transaction, evaluation_id: str) -> Standing:
    """Return an evaluation that nobody else can review until the transaction ends. Raises NotFound."""
    standing = tx.reviews.lock(evaluation_id)
    if standing is None:
        raise NotFound("evaluation", evaluation_id)
    return standing


def card_of(tx: Transaction, evaluation: Evaluation) -> Scorecard:
    """Return the scorecard that a completed evaluation was graded on.

    Raises Conflict when it is not completed, Gone when its words were erased.
    """
    if evaluation.status != "completed":
        raise Conflict(f"the evaluation is {evaluation.status}: there are no grades to decide on")
    if not evaluation.turns:
        raise Gone("evaluation", evaluation.id)
    card = tx.scorecards.get(evaluation.scorecard.name, evaluation.scorecard.revision)
    if card is None:
        raise LookupError(f"scorecard {evaluation.scorecard} is not stored")
    return card.scorecard


def record(
    tx: Transaction, standing: Standing, card: Scorecard, new: Sequence[Review], actor: str, now: datetime
) -> ReviewResult:
    """Append reviews of a locked evaluation, with their labels and lines in the audit log."""
    evaluation = standing.evaluation
    tx.reviews.add(new)
    current = current_reviews(evaluation)
    for one in new:
        earlier = current.get(one.dimension)
        current[one.dimension] = one.current(1 + (earlier.count if earlier else 0))
    effects = store_labels(tx, evaluation, new, now)
    _settle(tx, evaluation, card, current, now)
    details = {one.dimension: one.verdict for one in new}
    entry = AuditEntry(
        at=now, actor=actor, action="grade.reviewed", subject=evaluation.id, details={**details}
    )
    tx.audit.add(entry)
    return _result(tx, evaluation.id, new, effects)


def _settle(
    tx: Transaction, evaluation: Evaluation, card: Scorecard, current: dict[str, CurrentReview], now: datetime
) -> None:
    given = reviewed_score(card, evaluation.grades, current)
    waiting = still_open(card, evaluation.grades, current)
    tx.reviews.settle(evaluation.id, current, given, waiting, due_at(now, REVIEW_DAYS))


def _result(
    tx: Transaction, evaluation_id: str, new: Sequence[Review], effects: Sequence[ReviewEffect]
) -> ReviewResult:
    after = tx.evaluations.get(evaluation_id)
    if after is None:
        raise NotFound("evaluation", evaluation_id)
    return ReviewResult(evaluation=after, reviews=tuple(new), effects=tuple(effects))


def _read_verdicts(
    card: Scorecard,
    evaluation: Evaluation,
    by: str,
    verdicts: Sequence[tuple[str, GivenVerdict]],
    now: datetime,
) -> list[Review]:
    """Return the reviews that verdicts, each with its id, are. Raises InvalidInput for all that cannot be."""
    new, problems = [], []
    for place, (review_id, given) in enumerate(verdicts):
        try:
            found = _read_verdict(card, evaluation, by, given, now)
            new.append(found.model_copy(update={"id": review_id}))
        except InvalidInput as error:
            problems += [FieldProblem(f"/verdicts/{place}{p.pointer}", p.detail) for p in error.problems]
    if problems:
        raise InvalidInput(problems)
    closed = closed_ones(card, evaluation, new)
    problems = [
        FieldProblem(f"/verdicts/{place}/level", closed[one.dimension])
        for place, one in enumerate(new)
        if one.dimension in closed
    ]
    if problems:
        raise InvalidInput(problems)
    return new


def _read_verdict(
    card: Scorecard, evaluation: Evaluation, by: str, given: GivenVerdict, now: datetime
) -> Review:
    dimension = next((d for d in card.dimensions if d.id == given.dimension), None)
    grade = next((g for g in evaluation.grades if g.dimension == given.dimension), None)
    if dimension is None or grade is None:
        names = ", ".join(g.dimension for g in evaluation.grades)
        problem = f"the evaluation has no grade on {given.dimension!r}; it has: {names}"
        raise InvalidInput([FieldProblem("/dimension", problem)])
    answer = answer_of(dimension, grade, given)
    level = dimension.scale.find(answer)
    return Review(
        id="",
        evaluation=evaluation.id,
        dimension=dimension.id,
        verdict=given.verdict,
        level=answer,
        label=None if level is None else level.label or str(level.level),
        points=None if level is None else level.points,
        by=by,
        at=now,
        reason=given.reason,
        blind=given.blind,
    )


def _note(
    tx: Transaction, key: ApiKey, action: AuditAction, evaluation_id: str, details: dict[str, str]
) -> None:
    at = datetime.now(UTC)
    tx.audit.add(AuditEntry(at=at, actor=key.id, action=action, subject=evaluation_id, details={**details}))


def _check_claim(standing: Standing, by: str, now: datetime) -> None:
    claim = standing.claim
    if claim is not None and not same_person(claim.by, by) and claim.until > now:
        raise Conflict(f"{claim.by!r} holds this evaluation until {claim.until:%Y-%m-%d %H:%M} UTC")


def once_only(what: str, evaluation_id: str, given: Idempotency | None) -> Once | None:
    """Return a key that no submission, and nothing of another kind or about another evaluation, can have."""
    if given is None:
        return None
    name = f"{what}\n{evaluation_id}\n{given.key}"
    return Once(hashlib.sha256(name.encode()).hexdigest(), given.body_sha256, evaluation_id)


def check_same(tx: Transaction, once: Once) -> str:
    """Return what the key stands for. Raises Conflict when it came with another body before."""
    known = tx.idempotency.find(once.key)
    if known is None or not known.came_with(once.body_sha256):
        raise Conflict("this Idempotency-Key came with another body before; use a new key for a new request")
    return known.evaluation_id


def _earlier(
    tx: Transaction, once: Once, evaluation_id: str, verdicts: Sequence[GivenVerdict]
) -> ReviewResult:
    """Return what the same request stored before; what it changed then is not told again.

    Raises Conflict when it was another request.
    """
    check_same(tx, once)
    stored = {one.id: one for one in tx.reviews.history(evaluation_id)}
    names = [_review_id(once, one.dimension) for one in verdicts]
    return _result(tx, evaluation_id, [stored[name] for name in names if name in stored], [])


def _review_id(once: Once | None, dimension: str) -> str:
    """Return a new id; the same one for the same request and dimension, so that it is found again."""
    if once is None:
        return uuid.uuid4().hex
    return hashlib.sha256(f"{once.key}\n{dimension}".encode()).hexdigest()[:32]


def _item(waiting: Waiting, now: datetime) -> QueueItem:
    evaluation = waiting.evaluation
    claim = waiting.claim
    return QueueItem(
        evaluation=evaluation.id,
        external_id=evaluation.external_id,
        scorecard=evaluation.scorecard,
        agent=evaluation.agent and evaluation.agent.id,
        completed_at=evaluation.completed_at or evaluation.created_at,
        due_at=waiting.due_at,
        overdue=waiting.due_at < now,
        certainty=waiting.certainty,
        score=evaluation.score and evaluation.score.value,
        dimensions=open_dimensions(evaluation.grades, waiting.open),
        flags=evaluation.flags,
        claim=claim if claim is not None and claim.until > now else None,
    )
