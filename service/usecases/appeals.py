"""Appeals: filing one, what is written under it, and a person's decision."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from service.domain.appeal import (
    Appeal,
    AppealFilter,
    AppealRequest,
    Comment,
    CommentRequest,
    Decision,
    DecisionRequest,
)
from service.domain.audit import AuditAction, AuditEntry
from service.domain.base import Model
from service.domain.errors import Conflict, FieldProblem, InvalidInput, NotFound
from service.domain.evaluation import Evaluation
from service.domain.grade import Evidence, Grade
from service.domain.keys import ApiKey
from service.domain.levels import OffTheScale, level_on
from service.domain.person import same_person
from service.domain.review import Review, ReviewEffect
from service.domain.scorecard import Dimension, LevelValue
from service.domain.transcript import RedactedConversation, Turn
from service.storage.database import Database
from service.storage.idempotency import Claim as Once
from service.storage.reviews import Standing
from service.storage.transaction import Transaction
from service.usecases.accept import Idempotency
from service.usecases.appeal import found_quote
from service.usecases.cursors import cursor_of, read_cursor
from service.usecases.queue import JobQueue
from service.usecases.review import closed_ones, machine_level
from service.usecases.reviews import card_of, check_same, locked, once_only, record
from service.usecases.words import RedactWords


class AppealRules(NamedTuple):
    """For how many days a grade may be appealed against and a decision may take, and how often."""

    file_days: float = 14
    decide_days: float = 7
    most: int = 2


class AppealResult(Model):
    """A decided appeal, the evaluation as it stands with it, and what else the decision changed."""

    appeal: Appeal
    evaluation: Evaluation
    effects: tuple[ReviewEffect, ...]


class AppealPage(NamedTuple):
    """Part of a list, and where the next part starts (None at the end)."""

    items: Sequence[Appeal]
    next_cursor: str | None


class Appeals:
    """The appeals of a tenant."""

    def __init__(self, database: Database, queue: JobQueue, redact: RedactWords, rules: AppealRules) -> None:
        self._database = database
        self._queue = queue
        self._redact = redact
        self._rules = rules

    def get(self, tenant: str, appeal_id: str) -> Appeal:
        """Return one appeal. Raises NotFound."""
        with self._database.begin(tenant) as tx:
            return _shown(_known(tx.appeals.get(appeal_id), appeal_id), datetime.now(UTC))

    def list(self, tenant: str, wanted: AppealFilter, cursor: str | None, limit: int) -> AppealPage:
        """Return a page of appeals, newest first. Raises InvalidInput for a cursor that is not ours."""
        after = read_cursor(cursor) if cursor else None
        with self._database.begin(tenant) as tx:
            found = tx.appeals.list(wanted, after, limit + 1)
        last = found[limit - 1] if len(found) > limit else None
        items = [_shown(one, wanted.now) for one in found[:limit]]
        return AppealPage(items, cursor_of(last.created_at, last.id) if last else None)

    async def file(
        self, key: ApiKey, evaluation_id: str, request: AppealRequest, idempotency: Idempotency | None = None
    ) -> Appeal:
        """Keep an appeal together with the job that grades the dimension anew.

        Raises NotFound; InvalidInput when there is no such grade or the quoted words were not said; Conflict
        when it is too late, one is open already, or there were as many as may be.
        """
        evaluation = await asyncio.to_thread(self._evaluation, key.tenant, evaluation_id)
        quote = await asyncio.to_thread(_quote, evaluation, request)
        (reason,) = await self._redact(key.tenant, evaluation.language, [request.reason])
        clean = request.model_copy(update={"reason": reason or ""})
        once = once_only("appeal", evaluation_id, idempotency)
        appeal = await asyncio.to_thread(self._file, key, evaluation_id, clean, quote, once)
        self._queue.tell()
        return appeal

    async def comment(self, key: ApiKey, appeal_id: str, request: CommentRequest) -> Appeal:
        """Add a comment to an open appeal. Raises NotFound, and Conflict when it is closed."""
        appeal = await asyncio.to_thread(self.get, key.tenant, appeal_id)
        language = (await asyncio.to_thread(self._evaluation, key.tenant, appeal.evaluation)).language
        (text,) = await self._redact(key.tenant, language, [request.text])
        comment = Comment(id=uuid.uuid4().hex, by=request.by, at=datetime.now(UTC), text=text or "")
        return await asyncio.to_thread(self._comment, key, appeal_id, comment)

    def withdraw(self, key: ApiKey, appeal_id: str, by: str) -> Appeal:
        """Take an appeal back. Raises NotFound, and Conflict when it is closed or another's."""
        now = datetime.now(UTC)
        with self._database.begin(key.tenant) as tx:
            appeal = _open(tx.appeals.lock(appeal_id), appeal_id)
            if not same_person(appeal.by, by):
                raise Conflict(f"only {appeal.by!r}, who filed the appeal, can take it back")
            tx.appeals.close(appeal_id, "withdrawn", now)
            _note(tx, key, "appeal.withdrawn", appeal, now, {"by": by})
            return _shown(_known(tx.appeals.get(appeal_id), appeal_id), now)

    async def decide(self, key: ApiKey, appeal_id: str, request: DecisionRequest) -> AppealResult:
        """Store a person's decision as the last word on the grade, and as a label.

        Raises NotFound, InvalidInput, and Conflict when the appeal is closed or their own.
        """
        appeal = await asyncio.to_thread(self.get, key.tenant, appeal_id)
        language = (await asyncio.to_thread(self._evaluation, key.tenant, appeal.evaluation)).language
        (reason,) = await self._redact(key.tenant, language, [request.reason])
        clean = request.model_copy(update={"reason": reason or ""})
        return await asyncio.to_thread(self._decide, key, appeal, clean)

    def _evaluation(self, tenant: str, evaluation_id: str) -> Evaluation:
        with self._database.begin(tenant) as tx:
            found = tx.evaluations.get(evaluation_id, turns=True)
        if found is None:
            raise NotFound("evaluation", evaluation_id)
        return found

    def _file(
        self,
        key: ApiKey,
        evaluation_id: str,
        request: AppealRequest,
        quote: Evidence | None,
        once: Once | None,
    ) -> Appeal:
        appeal_id = uuid.uuid4().hex
        with self._database.begin(key.tenant) as tx:
            standing = locked(tx, evaluation_id)
            now = datetime.now(UTC)
            mine = once and once._replace(evaluation_id=appeal_id)
            if mine is not None and not tx.idempotency.claim([mine], now):
                earlier = check_same(tx, mine)
                return _shown(_known(tx.appeals.get(earlier), earlier), now)
            card_of(tx, standing.evaluation)
            grade = _grade_of(standing.evaluation, request.dimension)
            self._check(tx, standing, grade, now)
            appeal = Appeal(
                id=appeal_id,
                evaluation=evaluation_id,
                dimension=grade.dimension,
                by=request.by,
                reason=request.reason,
                quote=quote,
                state="open",
                created_at=now,
                decide_by=now + timedelta(days=self._rules.decide_days),
                contested=grade,
            )
            tx.appeals.add(appeal)
            by = standing.evaluation.provenance
            self._queue.enqueue_regrade(tx, appeal.id, 1, grader=by.grader if by else "llm")
            _note(tx, key, "appeal.opened", appeal, now, {})
            return appeal

    def _check(self, tx: Transaction, standing: Standing, grade: Grade, now: datetime) -> None:
        evaluation = standing.evaluation
        if grade.outcome == "ungraded" and grade.review is None:
            raise Conflict(f"{grade.dimension!r} has no grade to appeal against")
        known = evaluation.completed_at or evaluation.created_at
        known = max(known, grade.review.at) if grade.review else known
        until = known + timedelta(days=self._rules.file_days)
        if now > until:
            raise Conflict(f"this grade could be appealed against until {until:%Y-%m-%d %H:%M} UTC")
        counts = tx.appeals.count(evaluation.id, grade.dimension)
        if counts.open:
            raise Conflict(f"an appeal against {grade.dimension!r} is open already")
        if counts.all >= self._rules.most:
            raise Conflict(f"{grade.dimension!r} was appealed against {counts.all} times, which is the limit")

    def _comment(self, key: ApiKey, appeal_id: str, comment: Comment) -> Appeal:
        with self._database.begin(key.tenant) as tx:
            appeal = _open(tx.appeals.lock(appeal_id), appeal_id)
            tx.appeals.comment(appeal, comment)
            after = _known(tx.appeals.get(appeal_id), appeal_id)
            _note(tx, key, "appeal.commented", appeal, comment.at, {"comments": len(after.comments)})
            return _shown(after, comment.at)

    def _decide(self, key: ApiKey, seen: Appeal, request: DecisionRequest) -> AppealResult:
        with self._database.begin(key.tenant) as tx:
            # The evaluation first, as everywhere: two who lock in another order wait for each other for ever.
            standing = locked(tx, seen.evaluation)
            # Only now: who waited for the lock comes after whom they waited for.
            now = datetime.now(UTC)
            appeal = _open(tx.appeals.lock(seen.id), seen.id)
            _check_independent(appeal, request.by)
            card = card_of(tx, standing.evaluation)
            dimension = next(d for d in card.dimensions if d.id == appeal.dimension)
            grade = _grade_of(standing.evaluation, appeal.dimension)
            level = _decided_level(dimension, grade, appeal, request)
            review = _review(appeal, dimension, grade, level, request, now)
            closed = closed_ones(card, standing.evaluation, [review] if review.verdict == "overrule" else [])
            if closed:
                raise _wrong(closed[review.dimension])
            done = record(tx, standing, card, [review], key.id, now)
            decision = Decision(
                verdict=request.verdict,
                level=level,
                by=request.by,
                at=now,
                reason=request.reason,
                review=review.id,
            )
            tx.appeals.close(appeal.id, "decided", now, decision)
            _note(tx, key, "appeal.decided", appeal, now, {"verdict": request.verdict})
            after = _shown(_known(tx.appeals.get(appeal.id), appeal.id), now)
            return AppealResult(appeal=after, evaluation=done.evaluation, effects=done.effects)


def _quote(evaluation: Evaluation, request: AppealRequest) -> Evidence | None:
    if request.quote is None or not evaluation.turns:
        return None
    turns = tuple(Turn(speaker=turn.speaker, text=turn.text) for turn in evaluation.turns)
    return found_quote(RedactedConversation(language=evaluation.language, turns=turns), request.quote)


def _known(appeal: Appeal | None, appeal_id: str) -> Appeal:
    if appeal is None:
        raise NotFound("appeal", appeal_id)
    return appeal


def _open(appeal: Appeal | None, appeal_id: str) -> Appeal:
    known = _known(appeal, appeal_id)
    if known.is_closed:
        raise Conflict(f"the appeal is {known.state}")
    return known


def _check_independent(appeal: Appeal, by: str) -> None:
    if same_person(appeal.by, by):
        raise Conflict(f"{appeal.by!r} filed this appeal: somebody else decides about it")


def _shown(appeal: Appeal, now: datetime) -> Appeal:
    overdue = not appeal.is_closed and appeal.decide_by < now
    return appeal.model_copy(update={"overdue": overdue})


def _grade_of(evaluation: Evaluation, dimension: str) -> Grade:
    grade = next((one for one in evaluation.grades if one.dimension == dimension), None)
    if grade is None:
        names = ", ".join(one.dimension for one in evaluation.grades)
        problem = f"the evaluation has no grade on {dimension!r}; it has: {names}"
        raise InvalidInput([FieldProblem("/dimension", problem)])
    return grade


def _stands(grade: Grade) -> LevelValue | None:
    """Return the level that counts before the decision."""
    return grade.review.level if grade.review else machine_level(grade)


def _decided_level(
    dimension: Dimension, grade: Grade, appeal: Appeal, request: DecisionRequest
) -> LevelValue | None:
    stands = _stands(grade)
    if request.verdict == "rejected":
        return stands
    level = _given_level(dimension, request)
    if level is None and appeal.regrade is not None and appeal.regrade.grade is not None:
        level = machine_level(appeal.regrade.grade)
    if level is None:
        raise _wrong("there is no other grading to take the level from: say which one counts from now on")
    contested = _stands(appeal.contested)
    if level == contested:
        # Not with what stands by now: another reviewer may have set the level that the appeal asks for.
        raise _wrong(f"{contested!r} is the contested grade: say another level, or reject the appeal")
    return level


def _given_level(dimension: Dimension, request: DecisionRequest) -> LevelValue | None:
    try:
        return None if request.level is None else level_on(dimension, request.level)
    except OffTheScale as error:
        raise _wrong(str(error)) from None


def _wrong(detail: str) -> InvalidInput:
    return InvalidInput([FieldProblem("/level", detail)])


def _review(
    appeal: Appeal,
    dimension: Dimension,
    grade: Grade,
    answer: LevelValue | None,
    request: DecisionRequest,
    now: datetime,
) -> Review:
    level = dimension.scale.find(answer)
    return Review(
        id=uuid.uuid4().hex,
        evaluation=appeal.evaluation,
        dimension=dimension.id,
        verdict="accept" if answer == machine_level(grade) else "overrule",
        level=answer,
        label=None if level is None else level.label or str(level.level),
        points=None if level is None else level.points,
        by=request.by,
        at=now,
        reason=request.reason,
        appeal=appeal.id,
    )


def _note(
    tx: Transaction,
    key: ApiKey,
    action: AuditAction,
    appeal: Appeal,
    now: datetime,
    details: Mapping[str, str | int],
) -> None:
    about = {"evaluation": appeal.evaluation, "dimension": appeal.dimension, **details}
    tx.audit.add(AuditEntry(at=now, actor=key.id, action=action, subject=appeal.id, details={**about}))
