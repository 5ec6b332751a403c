"""Reviews: who decided what about which grade; the queue of evaluations that wait for a person; claims."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from service.domain.errors import Gone
from service.domain.evaluation import Evaluation
from service.domain.review import Claim, CurrentReview, Review
from service.domain.review_queue import REVIEW_DAYS, UNKNOWN_CONFIDENCE, QueueFilter, due_at
from service.domain.score import Score
from service.storage.evaluations import Position, opened_text, to_evaluation
from service.storage.schema import (
    calibration_session_evaluations,
    calibration_sessions,
    evaluations,
    reviews,
)


class Waiting(NamedTuple):
    """An evaluation that waits for a person: what is open, by when, how sure, and who holds it."""

    evaluation: Evaluation
    open: tuple[str, ...]
    due_at: datetime
    certainty: float
    claim: Claim | None


class Standing(NamedTuple):
    """An evaluation, locked until the transaction ends, and what people made of it so far."""

    evaluation: Evaluation
    open: tuple[str, ...]
    claim: Claim | None


class ReviewStore:
    """The reviews of one tenant."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def lock(self, evaluation_id: str) -> Standing | None:
        """Return an evaluation, with its turns, and hold off others who would review it; None without one.
        Raises Gone when it was erased.

        It writes before it reads: on SQLite that is what makes this transaction the only writer.
        """
        mine = self._is(evaluation_id)
        same = sa.update(evaluations).where(mine).values(review_state=evaluations.c.review_state)
        row = self._connection.execute(same.returning(evaluations)).one_or_none()
        if row is None:
            return None
        if row.erased_at is not None:
            raise Gone("evaluation", evaluation_id)
        return Standing(to_evaluation(row, turns=True), _opened(row), _claim(row))

    def add(self, new: Sequence[Review]) -> None:
        """Append reviews."""
        rows = [_to_row(one, self._tenant) for one in new]
        self._connection.execute(sa.insert(reviews), rows)

    def history(self, evaluation_id: str) -> list[Review]:
        """Return every review of an evaluation, the oldest first."""
        query = sa.select(reviews).where(
            reviews.c.tenant == self._tenant, reviews.c.evaluation_id == evaluation_id
        )
        query = query.order_by(reviews.c.created_at, reviews.c.id)
        return [_to_review(row) for row in self._connection.execute(query)]

    def settle(
        self,
        evaluation_id: str,
        current: Mapping[str, CurrentReview],
        score: Score,
        still_open: Sequence[str],
        due_at: datetime,
    ) -> None:
        """Store what the reviews of an evaluation make of it. With nothing open it is done, and nobody's;
        what never waited before is now due at `due_at`.
        """
        grades = {name: one.model_dump(mode="json") for name, one in current.items()}
        values: dict[str, Any] = {
            "reviewed": {"score": score.model_dump(mode="json"), "grades": grades},
            "review_open": opened_text(still_open),
            "review_state": "open" if still_open else "done",
        }
        if not still_open:
            values |= {"claimed_by": None, "claimed_until": None}
        else:
            table = evaluations.c
            due = sa.bindparam("due", due_at, table.review_due_at.type)
            values["review_due_at"] = sa.func.coalesce(table.review_due_at, due)
            values["review_certainty"] = sa.func.coalesce(table.review_certainty, UNKNOWN_CONFIDENCE)
        self._connection.execute(sa.update(evaluations).where(self._is(evaluation_id)).values(values))

    def claim(self, evaluation_id: str, claim: Claim | None) -> None:
        """Store who holds an evaluation; None: nobody."""
        values = {"claimed_by": claim and claim.by, "claimed_until": claim and claim.until}
        self._connection.execute(sa.update(evaluations).where(self._is(evaluation_id)).values(values))

    def queue(self, wanted: QueueFilter, after: Position | None, limit: int) -> list[Waiting]:
        """Return up to `limit` evaluations that wait for a person and come after a position: what is due
        first, and of what is due in the same hour the least sure. What people grade blind in an open session
        is left out.
        """
        table = evaluations.c
        columns = [column for column in table if column is not table.conversation]
        query = sa.select(*columns).where(table.tenant == self._tenant, *_conditions(wanted))
        query = query.where(~self._is_in_open_session())
        if after is not None:
            query = query.where(self._comes_after(after))
        query = query.order_by(table.review_due_at, table.review_certainty, table.id).limit(limit)
        return [_to_waiting(row) for row in self._connection.execute(query)]

    def forget_words(self, evaluation_ids: Collection[str]) -> None:
        """Drop the reasons that were given, wherever they stand; verdicts and levels stay."""
        about = (reviews.c.tenant == self._tenant) & reviews.c.evaluation_id.in_(evaluation_ids)
        self._connection.execute(sa.update(reviews).where(about).values(reason=None))
        table = evaluations.c
        mine = (table.tenant == self._tenant) & table.id.in_(evaluation_ids) & table.reviewed.is_not(None)
        found = self._connection.execute(sa.select(table.id, table.reviewed).where(mine)).all()
        update = sa.update(evaluations).where(table.id == sa.bindparam("of"))
        update = update.values(reviewed=sa.bindparam("new", type_=table.reviewed.type))
        if found:
            self._connection.execute(
                update, [{"of": r.id, "new": _without_reasons(r.reviewed)} for r in found]
            )

    def _is_in_open_session(self) -> sa.ColumnElement[bool]:
        about, session = calibration_session_evaluations.c, calibration_sessions.c
        named = sa.select(sa.literal(1)).where(
            about.tenant == self._tenant,
            about.evaluation_id == evaluations.c.id,
            session.id == about.session_id,
            session.closed_at.is_(None),
        )
        return named.correlate(evaluations).exists()

    def _comes_after(self, after: Position) -> sa.ColumnElement[bool]:
        table = evaluations.c
        of_it = sa.select(table.review_certainty).where(self._is(after[1])).scalar_subquery()
        position = sa.tuple_(
            sa.bindparam("at", after[0], table.review_due_at.type), sa.func.coalesce(of_it, 1.0), after[1]
        )
        return sa.tuple_(table.review_due_at, table.review_certainty, table.id) > position

    def _is(self, evaluation_id: str) -> sa.ColumnElement[bool]:
        return (evaluations.c.id == evaluation_id) & (evaluations.c.tenant == self._tenant)


def _conditions(wanted: QueueFilter) -> Iterator[sa.ColumnElement[bool]]:
    table = evaluations.c
    if wanted.scorecard is not None:
        yield table.scorecard_name == wanted.scorecard
    if wanted.agent is not None:
        yield table.agent_id == wanted.agent
    if wanted.dimension is not None:
        yield table.review_open.contains(f" {wanted.dimension} ", autoescape=True)
    if wanted.assignee is None:
        yield table.review_state == "open"
    else:
        # Whatever is claimed is open; without saying so again its own index is taken, which holds a few.
        yield table.claimed_by == wanted.assignee
        yield table.claimed_until > wanted.now
    if wanted.overdue is not None:
        yield table.review_due_at < wanted.now if wanted.overdue else table.review_due_at >= wanted.now


def _to_waiting(row: sa.Row[Any]) -> Waiting:
    return Waiting(
        evaluation=to_evaluation(row, turns=False),
        open=_opened(row),
        # Rows of an earlier version may be open without them: one must not hide all others.
        due_at=row.review_due_at or due_at(row.completed_at or row.created_at, REVIEW_DAYS),
        certainty=UNKNOWN_CONFIDENCE if row.review_certainty is None else row.review_certainty,
        claim=_claim(row),
    )


def _opened(row: sa.Row[Any]) -> tuple[str, ...]:
    return tuple((row.review_open or "").split())


def _claim(row: sa.Row[Any]) -> Claim | None:
    if row.claimed_by is None or row.claimed_until is None:
        return None
    return Claim(evaluation=row.id, by=row.claimed_by, until=row.claimed_until)


def _to_row(review: Review, tenant: str) -> dict[str, Any]:
    same: Iterable[str] = ("id", "dimension", "verdict", "level", "label", "points", "reason", "blind")
    return {name: getattr(review, name) for name in same} | {
        "tenant": tenant,
        "evaluation_id": review.evaluation,
        "reviewer": review.by,
        "appeal_id": review.appeal,
        "created_at": review.at,
    }


def _to_review(row: sa.Row[Any]) -> Review:
    return Review(
        id=row.id,
        evaluation=row.evaluation_id,
        dimension=row.dimension,
        verdict=row.verdict,
        level=row.level,
        label=row.label,
        points=row.points,
        by=row.reviewer,
        at=row.created_at,
        reason=row.reason,
        blind=row.blind,
        appeal=row.appeal_id,
    )


def _without_reasons(reviewed: dict[str, Any]) -> dict[str, Any]:
    grades = {name: {**one, "reason": None} for name, one in reviewed["grades"].items()}
    return {**reviewed, "grades": grades}
