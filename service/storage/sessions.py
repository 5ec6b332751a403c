"""Calibration sessions and what people answer in them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from service.domain.session import Session, SessionLabels, StoredAnswer
from service.storage.evaluations import Position
from service.storage.schema import (
    calibration_answers,
    calibration_session_evaluations,
    calibration_sessions,
    evaluations,
)

Question = tuple[str, str, str]
"""What one person is asked: evaluation, dimension, and the rater."""

_CONTENT = {"name", "scorecard", "evaluations", "raters", "expert", "due_at", "questions"}


class SessionStore:
    """The calibration sessions of one tenant."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def add(self, session: Session, tokens: Mapping[str, str]) -> None:
        """Keep a new session, with the digest of each person's token."""
        content = session.model_dump(mode="json", include=_CONTENT) | {"tokens": {**tokens}}
        self._connection.execute(
            sa.insert(calibration_sessions).values(
                id=session.id,
                tenant=self._tenant,
                content=content,
                created_at=session.created_at,
            )
        )
        about = [
            {"tenant": self._tenant, "session_id": session.id, "evaluation_id": one}
            for one in session.evaluations
        ]
        self._connection.execute(sa.insert(calibration_session_evaluations), about)

    def token_of(self, session_id: str, rater: str) -> str | None:
        """Return the digest of a person's token, None for a session that was opened without."""
        query = sa.select(calibration_sessions.c.content).where(self._is(session_id))
        token: str | None = (self._connection.scalar(query) or {}).get("tokens", {}).get(rater)
        return token

    def get(self, session_id: str) -> Session | None:
        """Return one session, or None."""
        query = sa.select(calibration_sessions).where(self._is(session_id))
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _to_session(row)

    def lock(self, session_id: str) -> Session | None:
        """Return one session, and hold off others who would answer or close it, or erase what it is about;
        None without one.

        The evaluations come first and in one order, as everywhere: nobody waits for each other for ever.
        """
        known = self.get(session_id)
        if known is None:
            return None
        mine = (evaluations.c.tenant == self._tenant) & evaluations.c.id.in_(known.evaluations)
        held = sa.select(evaluations.c.id).where(mine).order_by(evaluations.c.id).with_for_update()
        self._connection.execute(held).all()
        # On SQLite this write is what makes the transaction the only writer.
        same = sa.update(calibration_sessions).where(self._is(session_id))
        same = same.values(created_at=calibration_sessions.c.created_at)
        row = self._connection.execute(same.returning(calibration_sessions)).one_or_none()
        return None if row is None else _to_session(row)

    def list(self, after: Position | None, limit: int) -> Sequence[Session]:
        """Return up to `limit` sessions, newest first, that come after a position."""
        table = calibration_sessions.c
        query = sa.select(calibration_sessions).where(table.tenant == self._tenant)
        if after is not None:
            position = sa.tuple_(sa.bindparam("at", after[0], table.created_at.type), after[1])
            query = query.where(sa.tuple_(table.created_at, table.id) < position)
        query = query.order_by(table.created_at.desc(), table.id.desc()).limit(limit)
        return [_to_session(row) for row in self._connection.execute(query)]

    def close(self, session: Session, labels: SessionLabels, now: datetime) -> None:
        """Store that a session is closed, and what became of its labels."""
        query = sa.select(calibration_sessions.c.content).where(self._is(session.id))
        content = {**self._connection.scalars(query).one(), "labels": labels.model_dump()}
        update = sa.update(calibration_sessions).where(self._is(session.id))
        self._connection.execute(update.values(content=content, closed_at=now))

    def labels_of(self, session_id: str) -> SessionLabels | None:
        """Return what became of the labels of a closed session."""
        query = sa.select(calibration_sessions.c.content).where(self._is(session_id))
        content = self._connection.scalar(query) or {}
        return SessionLabels.model_validate(content["labels"]) if "labels" in content else None

    def answer(self, session_id: str, new: Sequence[StoredAnswer]) -> None:
        """Append answers."""
        rows = [
            {
                "tenant": self._tenant,
                "session_id": session_id,
                "evaluation_id": one.evaluation,
                "created_at": one.at,
                **one.model_dump(include={"id", "dimension", "rater", "level", "rationale"}),
            }
            for one in new
        ]
        self._connection.execute(sa.insert(calibration_answers), rows)

    def answers(self, session_id: str, rater: str | None = None) -> Sequence[StoredAnswer]:
        """Return the answer that counts of each person, dimension and conversation: the last one."""
        table = calibration_answers.c
        query = sa.select(calibration_answers).where(
            table.tenant == self._tenant, table.session_id == session_id
        )
        if rater is not None:
            query = query.where(table.rater == rater)
        found = self._connection.execute(query.order_by(table.created_at, table.id))
        last = {(row.evaluation_id, row.dimension, row.rater): _to_answer(row) for row in found}
        return [*last.values()]

    def answered(self, session_ids: Collection[str]) -> Mapping[str, Counter[str]]:
        """Return how many questions each person has answered, by session."""
        table = calibration_answers.c
        mine = (table.tenant == self._tenant) & table.session_id.in_(session_ids)
        asked = sa.select(table.session_id, table.rater, table.evaluation_id, table.dimension)
        each = asked.where(mine).distinct().subquery()
        query = sa.select(each.c.session_id, each.c.rater, sa.func.count())
        found: dict[str, Counter[str]] = {one: Counter() for one in session_ids}
        for row in self._connection.execute(query.group_by(each.c.session_id, each.c.rater)):
            found[row[0]][row[1]] = row[2]
        return found

    def mark_blind(self, session_id: str, seen: Collection[Question]) -> None:
        """Store which answers of a session were given blind: all but those to the questions in `seen`."""
        table = calibration_answers.c
        mine = (table.tenant == self._tenant) & (table.session_id == session_id)
        self._connection.execute(sa.update(calibration_answers).where(mine).values(blind=True))
        one = (table.evaluation_id == sa.bindparam("e"), table.dimension == sa.bindparam("d"))
        update = sa.update(calibration_answers).where(mine, *one, table.rater == sa.bindparam("r"))
        if seen:
            rows = [dict(zip("edr", question, strict=True)) for question in sorted(seen)]
            self._connection.execute(update.values(blind=False), rows)

    def closed_about(self, evaluation_ids: Collection[str]) -> Sequence[Session]:
        """Return the closed sessions about any of these evaluations: who took part has seen the grades."""
        about, table = calibration_session_evaluations.c, calibration_sessions.c
        named = sa.select(about.session_id).where(
            about.tenant == self._tenant, about.evaluation_id.in_(evaluation_ids)
        )
        query = sa.select(calibration_sessions).where(
            table.tenant == self._tenant, table.id.in_(named), table.closed_at.is_not(None)
        )
        return [_to_session(row) for row in self._connection.execute(query)]

    def forget_words(self, evaluation_ids: Collection[str]) -> None:
        """Drop the rationales of answers about these evaluations; levels stay."""
        table = calibration_answers.c
        about = (table.tenant == self._tenant) & table.evaluation_id.in_(evaluation_ids)
        self._connection.execute(sa.update(calibration_answers).where(about).values(rationale=None))

    def _is(self, session_id: str) -> sa.ColumnElement[bool]:
        table = calibration_sessions.c
        return (table.id == session_id) & (table.tenant == self._tenant)


def _to_session(row: sa.Row[Any]) -> Session:
    known = {name: row.content[name] for name in _CONTENT}
    state = "open" if row.closed_at is None else "closed"
    rest = {"id": row.id, "state": state, "created_at": row.created_at, "closed_at": row.closed_at}
    return Session.model_validate(known | rest)


def _to_answer(row: sa.Row[Any]) -> StoredAnswer:
    return StoredAnswer(
        id=row.id,
        evaluation=row.evaluation_id,
        dimension=row.dimension,
        rater=row.rater,
        level=row.level,
        rationale=row.rationale,
        at=row.created_at,
        blind=row.blind,
    )
