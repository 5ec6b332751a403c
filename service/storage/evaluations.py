"""Evaluations: accepted, worked on, finished."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from service.domain.evaluation import FINAL, Assessment, Evaluation, Failure, RedactedTurn, RedactionSummary
from service.domain.grade import GraderName
from service.domain.graded import Graded, figures_of
from service.domain.score import Score
from service.domain.submission import Assignment, EvaluationFilter, Submission
from service.domain.transcript import Language, RedactedConversation
from service.storage.schema import evaluations, idempotency_keys
from service.storage.scorecards import BUILTIN_TENANT, ScorecardStore

_NO_RESULT = dict.fromkeys(("completed_at", "score", "needs_review", "assessment", "error", "waiting"))

GRADED_AT_ONCE = 5000
"""Rows that a report reads in one query."""

Position = tuple[datetime, str]
"""Where a page of a list ended: acceptance time and id."""


class Evaluated(NamedTuple):
    """What a label of a conversation has to know of its evaluation."""

    id: str
    external_id: str | None
    scorecard_name: str
    scorecard_revision: int
    language: Language


class EvaluationStore:
    """The evaluations of one tenant."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def add(self, submission: Submission) -> Evaluation:
        """Accept a submission: it is queued from here on. Return what is stored of it."""
        row = _to_row(submission, self._tenant)
        self._connection.execute(sa.insert(evaluations).values(row))
        return _to_evaluation(SimpleNamespace(**_NO_RESULT | row), turns=False)

    def get(self, evaluation_id: str, *, turns: bool = False) -> Evaluation | None:
        """Return one evaluation, with its redacted turns when asked for, or None."""
        row = self._connection.execute(sa.select(evaluations).where(self._is(evaluation_id))).one_or_none()
        return None if row is None else _to_evaluation(row, turns=turns)

    def list(self, wanted: EvaluationFilter, after: Position | None, limit: int) -> list[Evaluation]:
        """Return up to `limit` evaluations, newest first, that come after a position."""
        query = sa.select(evaluations).where(evaluations.c.tenant == self._tenant, *_conditions(wanted))
        order = (evaluations.c.created_at, evaluations.c.id)
        if after is not None:
            query = query.where(
                sa.tuple_(*order) < sa.tuple_(sa.bindparam("at", after[0], order[0].type), after[1])
            )
        query = query.order_by(*(column.desc() for column in order)).limit(limit)
        return [_to_evaluation(row, turns=False) for row in self._connection.execute(query)]

    def read(
        self, ids: sa.Select[tuple[str]], at_once: int, *, turns: bool
    ) -> Iterator[Sequence[Evaluation]]:
        """Yield the evaluations that `ids` selects, in the order of acceptance, up to `at_once` at a time.

        Redacted turns are read only when asked for: they are most of what there is.
        """
        columns = [column for column in evaluations.c if turns or column is not evaluations.c.conversation]
        query = sa.select(*columns).where(evaluations.c.id.in_(ids), evaluations.c.tenant == self._tenant)
        query = query.order_by(evaluations.c.created_at, evaluations.c.id)
        found = self._connection.execute(query.execution_options(yield_per=at_once))
        for rows in found.partitions():
            yield [_to_evaluation(row, turns=turns) for row in rows]

    def graded(
        self,
        card_name: str,
        revision: int,
        grader: GraderName,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Sequence[Graded]]:
        """Yield what reports need of the completed evaluations on a card's revision by a grader, in the order
        in which the conversations began, which is at `since` or later and before `until`.

        Of a conversation that was graded several times only the newest one is there. Each part is a query of
        its own, by index, so that a million of them hold nobody up.
        """
        after: Position | None = None
        while True:
            query = _graded(self._tenant, card_name, revision, grader).limit(GRADED_AT_ONCE)
            found = self._connection.execute(_between(query, since, until, after)).all()
            yield [_to_graded(row) for row in found]
            if len(found) < GRADED_AT_ONCE:
                return
            after = found[-1].began_at, found[-1].id

    def evaluated(self, ids: Collection[str], external_ids: Collection[str]) -> Sequence[Evaluated]:
        """Return the evaluations with these ids, or of conversations with these external_ids, in whatever
        state; the newest first.
        """
        table = evaluations.c
        query = sa.select(
            table.id, table.external_id, table.scorecard_name, table.scorecard_revision, table.language
        ).where(table.tenant == self._tenant, table.id.in_(ids) | table.external_id.in_(external_ids))
        query = query.order_by(table.created_at.desc(), table.id.desc())
        return [Evaluated(*row) for row in self._connection.execute(query)]

    def final_among(self, ids: Collection[str]) -> set[str]:
        """Return those of `ids`, of any tenant, that are in a final state."""
        query = sa.select(evaluations.c.id).where(evaluations.c.id.in_(ids), evaluations.c.status.in_(FINAL))
        return set(self._connection.scalars(query))

    def graders_on(self, card_name: str, revision: int) -> dict[str, int]:
        """Return how many completed evaluations on a scorecard's revision there are by each grader."""
        mine = (evaluations.c.tenant == self._tenant) & (evaluations.c.status == "completed")
        card = (evaluations.c.scorecard_name == card_name) & (evaluations.c.scorecard_revision == revision)
        counts = sa.select(evaluations.c.grader, sa.func.count()).where(mine, card)
        found = self._connection.execute(counts.group_by(evaluations.c.grader))
        return {row.grader: row[1] for row in found}

    def start_attempt(self, evaluation_id: str) -> Assignment | None:
        """Count an attempt and return what is to be graded, or None when nothing is left to do."""
        row = self._connection.execute(_begun(evaluation_id).returning(evaluations)).one_or_none()
        return None if row is None else self._to_assignment(row)

    def count_attempt(self, evaluation_id: str) -> int | None:
        """Count an attempt and return how many that makes, or None when nothing is left to do."""
        attempts: int | None = self._connection.scalar(
            _begun(evaluation_id).returning(evaluations.c.attempts)
        )
        return attempts

    def complete(self, evaluation_id: str, assessment: Assessment, score: Score, now: datetime) -> bool:
        """Store the result; False when the evaluation was final already, which then stays as it is."""
        needs_review = any(grade.disposition == "needs_review" for grade in assessment.grades)
        return self._finish(
            evaluation_id,
            status="completed",
            completed_at=now,
            score=score.value,
            needs_review=needs_review,
            figures=figures_of(assessment),
            assessment={"score": score.model_dump(mode="json"), **assessment.model_dump(mode="json")},
        )

    def fail(self, evaluation_id: str, failure: Failure, now: datetime) -> bool:
        """Record why it failed; False when the evaluation was final already."""
        error = failure.model_dump(mode="json")
        return self._finish(evaluation_id, status="failed", completed_at=now, error=error)

    def find_idempotency(self, key: str) -> tuple[str, str] | None:
        """Return (body SHA-256, evaluation id) of an earlier request with this key, or None."""
        query = sa.select(idempotency_keys.c.body_sha256, idempotency_keys.c.evaluation_id).where(
            idempotency_keys.c.tenant == self._tenant, idempotency_keys.c.key == key
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else (row.body_sha256, row.evaluation_id)

    def claim_idempotency(self, key: str, body_sha256: str, evaluation_id: str, now: datetime) -> bool:
        """Take the key for an evaluation; False when another transaction has it."""
        values = {
            "tenant": self._tenant,
            "key": key,
            "body_sha256": body_sha256,
            "evaluation_id": evaluation_id,
            "created_at": now,
        }
        postgres = self._connection.dialect.name == "postgresql"
        insert = postgresql.insert(idempotency_keys) if postgres else sqlite.insert(idempotency_keys)
        claim = insert.values(values).on_conflict_do_nothing().returning(idempotency_keys.c.key)
        return self._connection.scalar(claim) is not None

    def _is(self, evaluation_id: str) -> sa.ColumnElement[bool]:
        return (evaluations.c.id == evaluation_id) & (evaluations.c.tenant == self._tenant)

    def _finish(self, evaluation_id: str, **values: Any) -> bool:
        unfinished = evaluations.c.status.not_in(FINAL)
        update = sa.update(evaluations).where(evaluations.c.id == evaluation_id, unfinished)
        return self._connection.execute(update.values(**values)).rowcount == 1

    def _to_assignment(self, row: sa.Row[Any]) -> Assignment:
        cards = ScorecardStore(self._connection, row.tenant)
        card = cards.owned(row.scorecard_tenant, row.scorecard_name, row.scorecard_revision)
        if card is None:
            raise LookupError(f"scorecard {row.scorecard_name}@{row.scorecard_revision} is not stored")
        return Assignment(
            id=row.id,
            tenant=row.tenant,
            conversation=RedactedConversation.model_validate(row.conversation),
            redaction=RedactionSummary.model_validate(row.redaction),
            scorecard=card,
            grader=row.grader,
            attempts=row.attempts,
        )


def _graded(tenant: str, card_name: str, revision: int, grader: GraderName) -> sa.Select[Any]:
    """Select the newest grading of each conversation, in the order of `evaluations_by_beginning`."""
    table, newer = evaluations.c, evaluations.alias("newer").c
    same = (
        (newer.tenant == tenant)
        & (newer.external_id == table.external_id)
        & (sa.tuple_(newer.created_at, newer.id) > sa.tuple_(table.created_at, table.id))
    )
    also = _graded_so(newer, revision, grader)
    known = ("id", "external_id", "agent_id", "agent_team", "call_type", "language", "began_at")
    return (
        sa.select(*(table[name] for name in (*known, "figures", "score")))
        .where(table.tenant == tenant, table.scorecard_name == card_name, table.figures.is_not(None))
        .where(*_graded_so(table, revision, grader))
        .where(~sa.exists().where(same, newer.scorecard_name == card_name, *also))
        .order_by(table.began_at, table.id)
    )


def _graded_so(table: Any, revision: int, grader: GraderName) -> Sequence[sa.ColumnElement[bool]]:
    return table.scorecard_revision == revision, table.grader == grader, table.status == "completed"


def _between(
    query: sa.Select[Any], since: datetime | None, until: datetime | None, after: Position | None
) -> sa.Select[Any]:
    table = evaluations.c
    if after is not None:
        at = sa.bindparam("at", after[0], table.began_at.type)
        query = query.where(sa.tuple_(table.began_at, table.id) > sa.tuple_(at, after[1]))
    elif since is not None:
        query = query.where(table.began_at >= since)
    return query if until is None else query.where(table.began_at < until)


def _to_graded(row: sa.Row[Any]) -> Graded:
    *known, figures, score = row
    return Graded._make((*known, figures["way"], score, figures["answers"]))


def _begun(evaluation_id: str) -> sa.Update:
    unfinished = evaluations.c.status.in_(["queued", "running"])
    update = sa.update(evaluations).where(evaluations.c.id == evaluation_id, unfinished)
    return update.values(attempts=evaluations.c.attempts + 1, status="running")


def _conditions(wanted: EvaluationFilter) -> list[sa.ColumnElement[bool]]:
    equal = {
        evaluations.c.external_id: wanted.external_id,
        evaluations.c.agent_id: wanted.agent,
        evaluations.c.scorecard_name: wanted.scorecard,
        evaluations.c.status: wanted.status,
        evaluations.c.batch_id: wanted.batch,
    }
    conditions = [column == value for column, value in equal.items() if value is not None]
    if wanted.disposition is not None:
        # Nothing has been reviewed yet: there is no way to do it.
        state = {"needs_review": True, "auto_accepted": False}.get(wanted.disposition)
        conditions.append(sa.false() if state is None else evaluations.c.needs_review.is_(state))
    if wanted.from_ is not None:
        conditions.append(evaluations.c.created_at >= wanted.from_)
    if wanted.to is not None:
        conditions.append(evaluations.c.created_at < wanted.to)
    return conditions


def _to_row(submission: Submission, tenant: str) -> dict[str, Any]:
    conversation, card = submission.conversation, submission.scorecard
    return {
        "id": submission.id,
        "tenant": tenant,
        "external_id": conversation.external_id,
        "status": "queued",
        "scorecard_tenant": BUILTIN_TENANT if card.builtin else tenant,
        "scorecard_name": card.name,
        "scorecard_revision": card.revision,
        "grader": submission.grader,
        "language": conversation.language,
        "channel": conversation.channel,
        "call_type": conversation.call_type,
        "direction": conversation.direction,
        "agent_id": conversation.agent.id if conversation.agent else None,
        "agent_team": conversation.agent.team if conversation.agent else None,
        "started_at": conversation.started_at,
        "began_at": conversation.started_at or submission.created_at,
        "created_at": submission.created_at,
        "attempts": 0,
        "conversation": conversation.model_dump(mode="json"),
        "redaction": submission.redaction.model_dump(mode="json"),
        "request_metadata": conversation.metadata,
        "priority": submission.priority,
        "batch_id": submission.batch.id if submission.batch else None,
        "batch_line": submission.batch.line if submission.batch else None,
        "callback_url": submission.callback_url,
    }


def _to_evaluation(row: sa.Row[Any] | SimpleNamespace, *, turns: bool) -> Evaluation:
    agent = {"id": row.agent_id, "team": row.agent_team} if row.agent_id is not None else None
    result = dict(row.assessment or {})
    answers = result.pop("taken_out", {})
    shown = (
        [RedactedTurn(speaker=t["speaker"], text=t["text"]) for t in row.conversation["turns"]]
        if turns
        else None
    )
    return Evaluation.model_validate(
        {
            **result,
            "id": row.id,
            "external_id": row.external_id,
            "status": row.status,
            "scorecard": {"name": row.scorecard_name, "revision": row.scorecard_revision},
            "language": row.language,
            "channel": row.channel,
            "call_type": row.call_type,
            "direction": row.direction,
            "agent": agent,
            "started_at": row.started_at,
            "created_at": row.created_at,
            "completed_at": row.completed_at,
            "redaction": {**row.redaction, "answers": answers},
            "error": row.error,
            "waiting": row.waiting,
            "metadata": row.request_metadata,
            "turns": shown,
        }
    )
