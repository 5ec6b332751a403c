"""Batches and their lines."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from service.domain.batch import Batch, BatchStatus, LineProblem, TakenLine
from service.domain.evaluation import Status
from service.storage.evaluations import Position
from service.storage.schema import batch_lines, batches, evaluations

MOST_REJECTED = 10_000
"""Rejected lines of a batch that are kept with what is wrong with them; further ones are only counted."""

_COUNTED = {"accepted": "accepted", "duplicate": "duplicates", "rejected": "rejected"}


class BatchStore:
    """The batches of one tenant. Who receives one holds it under a name, until the next one takes it over."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def receive(self, batch_id: str, key: str | None, receiver: str, now: datetime) -> str:
        """Open a batch, or the one that has this key again; return its id. `receiver` holds it from now."""
        row = {
            "id": batch_id,
            "tenant": self._tenant,
            "idempotency_key": key,
            "status": "open",
            "receiver": receiver,
            "accepted": 0,
            "duplicates": 0,
            "rejected": 0,
            "created_at": now,
            "updated_at": now,
        }
        values = {"status": "open", "receiver": receiver, "updated_at": now}
        table = batches.c
        statement = self._insert(batches).values(row).returning(table.id)
        found = self._connection.scalar(
            statement.on_conflict_do_update(index_elements=[table.tenant, table.idempotency_key], set_=values)
        )
        if found != batch_id:
            self._forget_uncounted(found)
        return str(found)

    def _forget_uncounted(self, batch_id: str) -> None:
        """Lines that were only counted are counted again when they come again."""
        rejected = (batch_lines.c.batch_id == batch_id) & (batch_lines.c.outcome == "rejected")
        kept = sa.select(sa.func.count()).select_from(batch_lines).where(rejected).scalar_subquery()
        many = self._is(batch_id) & (batches.c.rejected > MOST_REJECTED)
        self._connection.execute(sa.update(batches).where(many).values(rejected=kept))

    def hold(self, batch_id: str, receiver: str, now: datetime) -> bool:
        """Keep everybody else off a batch until the transaction ends; False when another one receives it."""
        update = sa.update(batches).where(self._is(batch_id), batches.c.receiver == receiver)
        return self._connection.execute(update.values(status="open", updated_at=now)).rowcount == 1

    def end(self, batch_id: str, receiver: str, status: BatchStatus, now: datetime) -> None:
        """Say that no more lines come, unless another one receives the batch by now."""
        update = sa.update(batches).where(self._is(batch_id), batches.c.receiver == receiver)
        self._connection.execute(update.values(status=status, updated_at=now))

    def taken(self, batch_id: str, lines: Collection[int]) -> dict[int, TakenLine]:
        """Return what became of those of these lines that came before."""
        query = self._lines(batch_id).where(batch_lines.c.line.in_(lines))
        return {row.line: _to_line(row) for row in self._connection.execute(query)}

    def record(self, batch_id: str, lines: Sequence[TakenLine], before: Collection[TakenLine]) -> None:
        """Keep what became of lines, instead of what became of them `before`, and count them. Of lines that
        were rejected only the first MOST_REJECTED are kept.
        """
        if not lines:
            return
        self._keep(batch_id, self._worth_keeping(batch_id, lines, {line.line for line in before}))
        more = Counter(_COUNTED[line.outcome] for line in lines)
        more.subtract(_COUNTED[line.outcome] for line in before)
        counts = {name: batches.c[name] + number for name, number in more.items() if number}
        if counts:
            self._connection.execute(sa.update(batches).where(self._is(batch_id)).values(**counts))

    def _worth_keeping(
        self, batch_id: str, lines: Sequence[TakenLine], known: Collection[int]
    ) -> Sequence[TakenLine]:
        new = [one.line for one in lines if one.outcome == "rejected" and one.line not in known]
        if not new:
            return lines
        so_far = self._connection.scalar(sa.select(batches.c.rejected).where(self._is(batch_id))) or 0
        too_many = set(new[max(0, MOST_REJECTED - so_far) :])
        return [one for one in lines if one.line not in too_many]

    def _keep(self, batch_id: str, lines: Sequence[TakenLine]) -> None:
        if not lines:
            return
        rows = [_to_row(batch_id, self._tenant, line) for line in lines]
        insert = self._insert(batch_lines)
        changed = {name: insert.excluded[name] for name in rows[0] if name not in ("batch_id", "line")}
        keys = [batch_lines.c.batch_id, batch_lines.c.line]
        self._connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed), rows)

    def get(self, batch_id: str) -> Batch | None:
        """Return a batch without its errors and counts of evaluations, or None."""
        row = self._connection.execute(sa.select(batches).where(self._is(batch_id))).one_or_none()
        return None if row is None else _to_batch(row)

    def list(self, after: Position | None, limit: int) -> list[Batch]:
        """Return up to `limit` batches, newest first, that come after a position."""
        query = sa.select(batches).where(batches.c.tenant == self._tenant)
        order = (batches.c.created_at, batches.c.id)
        if after is not None:
            query = query.where(
                sa.tuple_(*order) < sa.tuple_(sa.bindparam("at", after[0], order[0].type), after[1])
            )
        query = query.order_by(*(column.desc() for column in order)).limit(limit)
        return [_to_batch(row) for row in self._connection.execute(query)]

    def problems(self, batch_id: str, after_line: int, limit: int) -> Sequence[LineProblem]:
        """Return what is wrong with up to `limit` lines after a line, in their order."""
        wrong = self._lines(batch_id).where(
            batch_lines.c.problems.is_not(None), batch_lines.c.line > after_line
        )
        rows = self._connection.execute(wrong.order_by(batch_lines.c.line).limit(limit))
        return [problem for row in rows for problem in _to_line(row).problems]

    def by_status(self, batch_id: str) -> dict[Status, int]:
        """Return how many evaluations of a batch there are in each status."""
        mine = (evaluations.c.tenant == self._tenant) & (evaluations.c.batch_id == batch_id)
        query = sa.select(evaluations.c.status, sa.func.count()).where(mine)
        return {row[0]: row[1] for row in self._connection.execute(query.group_by(evaluations.c.status))}

    def _is(self, batch_id: str) -> sa.ColumnElement[bool]:
        return (batches.c.id == batch_id) & (batches.c.tenant == self._tenant)

    def _lines(self, batch_id: str) -> sa.Select[Any]:
        mine = (batch_lines.c.batch_id == batch_id) & (batch_lines.c.tenant == self._tenant)
        return sa.select(batch_lines).where(mine)

    def _insert(self, table: sa.Table) -> Any:
        postgres = self._connection.dialect.name == "postgresql"
        return postgresql.insert(table) if postgres else sqlite.insert(table)


def _to_row(batch_id: str, tenant: str, line: TakenLine) -> dict[str, Any]:
    problems = [[problem.pointer, problem.detail] for problem in line.problems]
    return {
        "batch_id": batch_id,
        "line": line.line,
        "tenant": tenant,
        "body_sha256": line.body_sha256,
        "outcome": line.outcome,
        "evaluation_id": line.evaluation_id,
        "problems": problems or None,
    }


def _to_line(row: sa.Row[Any]) -> TakenLine:
    problems = [LineProblem(line=row.line, pointer=at, detail=said) for at, said in row.problems or ()]
    return TakenLine(
        line=row.line,
        body_sha256=row.body_sha256,
        outcome=row.outcome,
        evaluation_id=row.evaluation_id,
        problems=tuple(problems),
    )


def _to_batch(row: sa.Row[Any]) -> Batch:
    return Batch(
        id=row.id,
        status=row.status,
        lines=row.accepted + row.duplicates + row.rejected,
        accepted=row.accepted,
        duplicates=row.duplicates,
        rejected=row.rejected,
        errors_left_out=max(0, row.rejected - MOST_REJECTED),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
