"""Evaluations: accepted, worked on, finished."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, NamedTuple

import sqlalchemy as sa

from service.domain.errors import Gone
from service.domain.evaluation import (
    FINAL,
    Assessment,
    Evaluation,
    Failure,
    RedactedTurn,
    RedactionSummary,
    Waiting,
)
from service.domain.grade import GraderName
from service.domain.graded import Graded, figures_of
from service.domain.review_queue import REVIEW_DAYS, Needed, needed_review
from service.domain.score import Score
from service.domain.submission import Assignment, EvaluationFilter, Priority, Submission
from service.domain.transcript import Language, RedactedConversation
from service.storage.schema import evaluations, model_answers
from service.storage.scorecards import BUILTIN_TENANT, ScorecardStore
from service.storage.sealed_requests import SealedRequestStore

_RESULT = "completed_at score needs_review assessment error waiting reviewed review_state review_due_at"
_NO_RESULT = dict.fromkeys(_RESULT.split())

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


class Restarted(NamedTuple):
    """What has to be known of an evaluation to queue it anew."""

    priority: Priority
    grader: GraderName


class Unfinished(NamedTuple):
    """What has to be known of an evaluation to see that it has a job, or to give it one."""

    id: str
    created_at: datetime
    tenant: str
    priority: Priority
    grader: GraderName


class EvaluationStore:
    """The evaluations of one tenant."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def add(self, submission: Submission) -> Evaluation:
        """Accept a submission: it is queued from here on. Return what is stored of it."""
        return self.add_all([submission])[0]

    def add_all(self, submissions: Sequence[Submission]) -> list[Evaluation]:
        """Accept submissions: they are queued from here on. Return what is stored of each."""
        rows = [_to_row(submission, self._tenant) for submission in submissions]
        if rows:
            self._connection.execute(sa.insert(evaluations), rows)
        return [to_evaluation(SimpleNamespace(**_NO_RESULT | row), turns=False) for row in rows]

    def count_queued(self, most: int) -> int:
        """Return how many evaluations of all tenants wait to be graded; it stops a little over `most`."""
        waiting = sa.text("status IN ('queued', 'running') AND status = 'queued'")
        some = sa.select(sa.literal(1)).select_from(evaluations).where(waiting).limit(most + most // 10 + 1)
        return self._connection.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0

    def unseal(
        self, evaluation_id: str, conversation: RedactedConversation, redaction: RedactionSummary
    ) -> bool:
        """Put what came of redaction in the place of what was withheld until then; False when the evaluation
        is final already.
        """
        agent = conversation.agent
        values = {
            "conversation": conversation.model_dump(mode="json"),
            "redaction": redaction.model_dump(mode="json"),
            "request_metadata": conversation.metadata,
            "call_type": conversation.call_type,
            "agent_team": agent.team if agent else None,
        }
        return self._finish(evaluation_id, **values)

    def get(self, evaluation_id: str, *, turns: bool = False) -> Evaluation | None:
        """Return one evaluation, with its redacted turns when asked for, or None. Raises Gone when it was
        erased: whatever is to be done with it, there is nothing to do it with.
        """
        row = self._connection.execute(sa.select(evaluations).where(self._is(evaluation_id))).one_or_none()
        if row is not None and row.erased_at is not None:
            raise Gone("evaluation", evaluation_id)
        return None if row is None else to_evaluation(row, turns=turns)

    def list(self, wanted: EvaluationFilter, after: Position | None, limit: int) -> list[Evaluation]:
        """Return up to `limit` evaluations, newest first, after a position; none that was erased."""
        columns = (column for column in evaluations.c if column is not evaluations.c.conversation)
        kept = (evaluations.c.tenant == self._tenant) & evaluations.c.erased_at.is_(None)
        query = sa.select(*columns).where(kept, *_conditions(wanted))
        order = (evaluations.c.created_at, evaluations.c.id)
        if after is not None:
            query = query.where(
                sa.tuple_(*order) < sa.tuple_(sa.bindparam("at", after[0], order[0].type), after[1])
            )
        query = query.order_by(*(column.desc() for column in order)).limit(limit)
        return [to_evaluation(row, turns=False) for row in self._connection.execute(query)]

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
            yield [to_evaluation(row, turns=turns) for row in rows]

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
        state unless erased; the newest first.
        """
        table = evaluations.c
        query = sa.select(
            table.id, table.external_id, table.scorecard_name, table.scorecard_revision, table.language
        ).where(table.tenant == self._tenant, table.id.in_(ids) | table.external_id.in_(external_ids))
        query = query.where(table.erased_at.is_(None)).order_by(table.created_at.desc(), table.id.desc())
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

    def callback_of(self, evaluation_id: str) -> str | None:
        """Return where the result of an evaluation is to be told; None where nobody wants to be told."""
        query = sa.select(evaluations.c.callback_url).where(self._is(evaluation_id))
        url: str | None = self._connection.scalar(query)
        return url

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

    def complete(
        self,
        evaluation_id: str,
        assessment: Assessment,
        score: Score,
        now: datetime,
        review_days: float = REVIEW_DAYS,
    ) -> bool:
        """Store the result; False when the evaluation was final already, which then stays as it is.

        Where a grade asks for a person, it waits for one from now on, for `review_days`.
        """
        needed = needed_review(assessment, now, review_days)
        return self._finish(
            evaluation_id,
            status="completed",
            completed_at=now,
            score=score.value,
            needs_review=needed is not None,
            **_opened(needed),
            figures=figures_of(assessment),
            assessment={"score": score.model_dump(mode="json"), **assessment.model_dump(mode="json")},
        )

    def unfinished(self, after: Position, before: datetime, limit: int) -> Sequence[Unfinished]:
        """Return up to `limit` evaluations, of any tenant, that are not final: accepted before a moment, in
        the order of acceptance, from a position on.
        """
        table = evaluations.c
        place = sa.tuple_(table.created_at, table.id)
        start = sa.tuple_(sa.bindparam("at", after[0], table.created_at.type), after[1])
        query = sa.select(table.id, table.created_at, table.tenant, table.priority, table.grader)
        query = query.where(sa.text("status IN ('queued', 'running')"), place > start)
        query = query.where(table.created_at < before).order_by(table.created_at, table.id).limit(limit)
        return [Unfinished(*row) for row in self._connection.execute(query)]

    def owner(self, evaluation_id: str) -> str | None:
        """Return the tenant of an evaluation, whoever's it is; None when there is none."""
        return self._connection.scalar(
            sa.select(evaluations.c.tenant).where(evaluations.c.id == evaluation_id)
        )

    def park(self, evaluation_id: str, waiting: Waiting) -> bool:
        """Put it back to where it waits, for this reason, without counting the attempt under way; False when
        it is final.
        """
        table = evaluations.c
        counted = sa.case((table.status == "running", table.attempts - 1), else_=table.attempts)
        values = {"status": "queued", "attempts": counted, "waiting": waiting.model_dump(mode="json")}
        update = sa.update(evaluations).where(table.id == evaluation_id, table.status.not_in(FINAL))
        return self._connection.execute(update.values(values)).rowcount == 1

    def cancel(self, evaluation_id: str, now: datetime) -> bool:
        """Make it final without a result; False when it is final already, or not the tenant's."""
        mine = evaluations.c.tenant == self._tenant
        return self._finish(evaluation_id, mine, status="cancelled", completed_at=now)

    def unfinished_of_batch(
        self, batch_id: str, after_line: int, before: datetime, limit: int
    ) -> Sequence[tuple[int, str]]:
        """Return up to `limit` evaluations of a batch, behind their lines and in the order of these, that are
        not final and were accepted before a moment; only those after a line.
        """
        table = evaluations.c
        mine = (table.tenant == self._tenant) & (table.batch_id == batch_id) & (table.created_at < before)
        unfinished = table.status.in_(("queued", "running")) & (table.batch_line > after_line)
        query = sa.select(table.batch_line, table.id).where(mine, unfinished)
        rows = self._connection.execute(query.order_by(table.batch_line).limit(limit))
        return [(row.batch_line, row.id) for row in rows]

    def restart(self, evaluation_id: str) -> Restarted | None:
        """Queue it anew when it failed and was not erased; None for any other."""
        table = evaluations.c
        failed = (table.status == "failed") & table.erased_at.is_(None)
        values = {"status": "queued", "attempts": 0, "error": None, "completed_at": None, "waiting": None}
        update = sa.update(evaluations).where(self._is(evaluation_id), failed).values(values)
        row = self._connection.execute(update.returning(table.priority, table.grader)).one_or_none()
        return None if row is None else Restarted(*row)

    def count_waiting(self, priority: Priority, limit: int) -> int:
        """Return how many of the tenant's evaluations of this priority are queued, `limit` at most."""
        mine = (evaluations.c.tenant == self._tenant) & (evaluations.c.status == "queued")
        some = sa.select(evaluations.c.id).where(mine, evaluations.c.priority == priority).limit(limit)
        return self._connection.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0

    def fail(self, evaluation_id: str, failure: Failure, now: datetime) -> bool:
        """Record why it failed; False when the evaluation was final already."""
        error = failure.model_dump(mode="json")
        return self._finish(evaluation_id, status="failed", completed_at=now, error=error)

    def _is(self, evaluation_id: str) -> sa.ColumnElement[bool]:
        return (evaluations.c.id == evaluation_id) & (evaluations.c.tenant == self._tenant)

    def _finish(self, evaluation_id: str, *whose: sa.ColumnElement[bool], **values: Any) -> bool:
        unfinished = evaluations.c.status.not_in(FINAL)
        update = sa.update(evaluations).where(evaluations.c.id == evaluation_id, unfinished, *whose)
        is_new = self._connection.execute(update.values(waiting=None, **values)).rowcount == 1
        answered = model_answers.c.evaluation_id == evaluation_id
        self._connection.execute(sa.delete(model_answers).where(answered))
        return is_new

    def _to_assignment(self, row: sa.Row[Any]) -> Assignment:
        cards = ScorecardStore(self._connection, row.tenant)
        card = cards.owned(row.scorecard_tenant, row.scorecard_name, row.scorecard_revision)
        if card is None:
            raise LookupError(f"scorecard {row.scorecard_name}@{row.scorecard_revision} is not stored")
        conversation, sealed = self._conversation(row)
        return Assignment(
            id=row.id,
            tenant=row.tenant,
            conversation=conversation,
            redaction=RedactionSummary.model_validate(row.redaction),
            scorecard=card,
            grader=row.grader,
            attempts=row.attempts,
            waiting=row.waiting and Waiting.model_validate(row.waiting),
            sealed=sealed,
            created_at=row.created_at,
        )

    def _conversation(self, row: sa.Row[Any]) -> tuple[RedactedConversation, bytes | None]:
        """Return what is to be graded; while nothing is redacted, what is known and the sealed request."""
        if row.conversation["turns"]:
            return RedactedConversation.model_validate(row.conversation), None
        sealed = SealedRequestStore(self._connection, row.tenant).get(row.id)
        if sealed is None:
            raise Gone("the conversation of evaluation", row.id)
        return RedactedConversation.model_construct(**row.conversation), sealed


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
    figures: Mapping[str, Any] = row.figures
    return Graded._make((*row[:7], figures["way"], row.score, figures["answers"]))


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
        conditions += _disposed(wanted.disposition)
    if wanted.from_ is not None:
        conditions.append(evaluations.c.created_at >= wanted.from_)
    if wanted.to is not None:
        conditions.append(evaluations.c.created_at < wanted.to)
    return conditions


def _opened(needed: Needed | None) -> dict[str, Any]:
    if needed is None:
        return {}
    return {
        "review_state": "open",
        "review_due_at": needed.due_at,
        "review_certainty": needed.certainty,
        "review_open": opened_text(needed.dimensions),
    }


def opened_text(dimensions: Collection[str]) -> str:
    """Return ids as `review_open` holds them: each between blanks, so that one can be looked for."""
    return f" {' '.join(dimensions)} " if dimensions else ""


def _disposed(disposition: str) -> list[sa.ColumnElement[bool]]:
    """Return what holds of evaluations that a person has to look at, has looked at, or need not look at."""
    if disposition == "auto_accepted":
        return [evaluations.c.needs_review.is_(False), evaluations.c.review_state.is_(None)]
    return [evaluations.c.review_state == ("open" if disposition == "needs_review" else "done")]


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


def to_evaluation(row: sa.Row[Any] | SimpleNamespace, *, turns: bool) -> Evaluation:
    """Return what a row of the table holds, with its redacted turns when asked for."""
    agent = {"id": row.agent_id, "team": row.agent_team} if row.agent_id is not None else None
    reviewed = row.reviewed or {}
    result = _with_reviews(dict(row.assessment or {}), reviewed.get("grades", {}))
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
            "reviewed_score": reviewed.get("score"),
            "review_state": row.review_state,
            "review_due_at": row.review_due_at,
            "error": row.error,
            # While it is worked on, what it waited for before is kept and not shown.
            "waiting": row.waiting if row.status == "queued" else None,
            "metadata": row.request_metadata,
            "turns": shown,
        }
    )


def _with_reviews(result: dict[str, Any], reviews: dict[str, Any]) -> dict[str, Any]:
    """Return the assessment with people's last word beside each grade, which stays as the machine gave it."""
    if not reviews:
        return result
    grades = [
        {**grade, "review": reviews[grade["dimension"]], "disposition": "reviewed"}
        if grade["dimension"] in reviews
        else grade
        for grade in result.get("grades", ())
    ]
    return {**result, "grades": grades}
