"""Erasing for good: the words of a conversation go from every table, its numbers stay."""

import secrets
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from service.domain.erasure import ERASED, numbers_of
from service.domain.evaluation import FINAL
from service.storage.schema import (
    appeals,
    batch_lines,
    batches,
    evaluations,
    idempotency_keys,
    label_plan_items,
    labels,
    model_answers,
    sealed_requests,
    vaults,
    webhook_deliveries,
)


class ErasedRow(NamedTuple):
    """An evaluation that was erased just now, and what its status was before."""

    id: str
    external_id: str | None
    status: str


class ErasureStore:
    """Erases evaluations of one tenant. Callers bound how many they name at once."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def of_conversation(self, external_id: str, limit: int) -> Sequence[str]:
        """Return up to `limit` ids of evaluations of a conversation that are not erased."""
        return self._kept(evaluations.c.external_id == external_id, limit)

    def older_than(self, before: datetime, limit: int) -> Sequence[str]:
        """Return up to `limit` ids of evaluations accepted before a moment that are not erased, the oldest
        first, but none that another process is erasing at this moment.
        """
        return self._kept(evaluations.c.created_at < before, limit)

    def count_older_than(self, before: datetime) -> int:
        """Return how many evaluations accepted before a moment are not erased."""
        older = self._is_kept(evaluations.c.created_at < before)
        return int(self._connection.scalar(sa.select(sa.func.count()).where(older)) or 0)

    def next_tenant(self, after: str) -> str | None:
        """Return the first tenant by name, after one, that has an evaluation which is not erased."""
        query = sa.select(evaluations.c.tenant).where(
            evaluations.c.erased_at.is_(None), evaluations.c.tenant > after
        )
        tenant: str | None = self._connection.scalar(query.order_by(evaluations.c.tenant).limit(1))
        return tenant

    def erased_among(self, ids: Sequence[str]) -> set[str]:
        """Return those of `ids` that are erased."""
        query = sa.select(evaluations.c.id).where(
            evaluations.c.tenant == self._tenant,
            evaluations.c.id.in_(ids),
            evaluations.c.erased_at.is_not(None),
        )
        return set(self._connection.scalars(query))

    def hold(self, ids: Sequence[str]) -> set[str]:
        """Return those of `ids` that are erased; nobody erases another one before this transaction ends.

        On SQLite that needs a transaction that has written.
        """
        table = evaluations.c
        query = sa.select(table.id, table.erased_at).where(table.tenant == self._tenant, table.id.in_(ids))
        rows = self._connection.execute(query.order_by(table.id).with_for_update(read=True))
        return {row.id for row in rows if row.erased_at is not None}

    def erase(self, ids: Sequence[str], now: datetime) -> Sequence[ErasedRow]:
        """Erase those of `ids` that are there and not erased yet; return them.

        One that is not finished becomes cancelled: who grades it at this moment can store nothing any more.
        """
        rows = self._claim(ids, now)
        if rows:
            self._strip(rows, now)
            self._drop_beside([row.id for row in rows])
            self._drop_rationales(rows)
            self._drop_digests([row.id for row in rows])
            self._unname({row.external_id for row in rows if row.external_id is not None})
        return [ErasedRow(row.id, row.external_id, row.status) for row in rows]

    def drop_deliveries(self, before: datetime, limit: int) -> int:
        """Drop up to `limit` records of webhooks from before a moment, whose evaluations are all erased."""
        table = webhook_deliveries.c
        old = sa.select(table.id).where(table.tenant == self._tenant, table.created_at < before)
        old = old.order_by(table.created_at).limit(limit)
        return self._connection.execute(sa.delete(webhook_deliveries).where(table.id.in_(old))).rowcount

    def drop_batches(self, before: datetime, limit: int) -> int:
        """Drop up to `limit` records of batches that nothing came for since a moment, with those of their
        lines; return how many batches that were.
        """
        table = batches.c
        old = sa.select(table.id).where(table.tenant == self._tenant, table.created_at < before)
        old = old.where(table.updated_at < before).order_by(table.created_at).limit(limit)
        ids = self._connection.scalars(old).all()
        if ids:
            self._connection.execute(sa.delete(batch_lines).where(batch_lines.c.batch_id.in_(ids)))
            self._connection.execute(sa.delete(batches).where(table.id.in_(ids)))
        return len(ids)

    def _is_kept(self, which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        return (evaluations.c.tenant == self._tenant) & evaluations.c.erased_at.is_(None) & which

    def _kept(self, which: sa.ColumnElement[bool], limit: int) -> Sequence[str]:
        query = sa.select(evaluations.c.id).where(self._is_kept(which)).limit(limit)
        query = query.order_by(evaluations.c.created_at, evaluations.c.id)
        return self._connection.scalars(query.with_for_update(skip_locked=True)).all()

    def _claim(self, ids: Sequence[str], now: datetime) -> Sequence[sa.Row[Any]]:
        """Mark as erased before anything is read: from here on no result can come in between."""
        # In one order, so that two who erase at once wait for each other instead of locking each other out.
        lock = sa.select(evaluations.c.id).where(self._is_kept(evaluations.c.id.in_(ids)))
        self._connection.execute(lock.order_by(evaluations.c.id).with_for_update())
        mark = sa.update(evaluations).where(self._is_kept(evaluations.c.id.in_(ids))).values(erased_at=now)
        table = evaluations.c
        known = (table.id, table.external_id, table.status, table.assessment, table.error, table.completed_at)
        return self._connection.execute(mark.returning(*known)).all()

    def _strip(self, rows: Sequence[sa.Row[Any]], now: datetime) -> None:
        new: dict[str, Any] = {
            name: sa.bindparam(f"new_{name}", type_=evaluations.c[name].type)
            for name in ("status", "completed_at", "assessment", "error")
        }
        update = sa.update(evaluations).where(evaluations.c.id == sa.bindparam("of"))
        update = update.values(
            conversation={"turns": []},
            request_metadata={},
            callback_url=None,
            waiting=None,
            review_state=None,
            review_due_at=None,
            review_open=None,
            claimed_by=None,
            claimed_until=None,
            **new,
        )
        self._connection.execute(update, [_stripped(row, now) for row in rows])

    def _drop_beside(self, ids: Sequence[str]) -> None:
        """Erase what other tables hold of these evaluations."""
        for table in (sealed_requests, model_answers, vaults):
            self._connection.execute(sa.delete(table).where(table.c.evaluation_id.in_(ids)))

    def _drop_rationales(self, rows: Sequence[sa.Row[Any]]) -> None:
        """Erase what people wrote of the conversations, also while another evaluation of one is left: which
        of them it was written of is not known.
        """
        of_it = labels.c.evaluation_id.in_([row.id for row in rows])
        called = labels.c.conversation.in_({row.external_id for row in rows} - {None})
        about = (labels.c.tenant == self._tenant) & (of_it | called)
        self._connection.execute(sa.update(labels).where(about).values(rationale=None))

    def _drop_digests(self, ids: Sequence[str]) -> None:
        """Take away the digests of what was sent: who holds a text could find out that it was this one."""
        keys = idempotency_keys.c
        # The keys of appeals stand for appeals.
        about = sa.select(appeals.c.id).where(appeals.c.evaluation_id.in_(ids))
        of_keys = keys.tenant == self._tenant
        of_keys &= keys.evaluation_id.in_(ids) | keys.evaluation_id.in_(about)
        self._connection.execute(sa.update(idempotency_keys).where(of_keys).values(body_sha256=""))
        lines, table = batch_lines.c, evaluations.c
        places = sa.select(table.batch_id, table.batch_line).where(table.id.in_(ids))
        first = sa.tuple_(lines.batch_id, lines.line).in_(places.where(table.batch_id.is_not(None)))
        again = (lines.outcome == "duplicate") & lines.evaluation_id.in_(ids)
        for of_lines in (first, again):
            mine = (lines.tenant == self._tenant) & of_lines
            self._connection.execute(sa.update(batch_lines).where(mine).values(body_sha256=""))

    def _unname(self, external_ids: set[str]) -> None:
        """Take away the names of conversations of which nothing is left, and the words of their labels.

        What was graded of one conversation, and its labels, keep a name in common that says nothing, so that
        reports count what they counted before.
        """
        for name in self._without_rest(external_ids):
            nameless = f"{ERASED}-{uuid.uuid4().hex}"
            for column in (evaluations.c.external_id, label_plan_items.c.conversation):
                called = (column.table.c.tenant == self._tenant) & (column == name)
                self._connection.execute(sa.update(column.table).where(called).values({column: nameless}))
            self._unname_labels(name, nameless)

    def _unname_labels(self, name: str, nameless: str) -> None:
        called = (labels.c.tenant == self._tenant) & (labels.c.conversation == name)
        found = self._connection.scalars(sa.select(labels.c.id).where(called)).all()
        if found:
            # The id is a digest of the name, and would be in the way of a new label of that name.
            update = sa.update(labels).where(labels.c.id == sa.bindparam("of"))
            update = update.values(id=sa.bindparam("new"), conversation=nameless, rationale=None)
            self._connection.execute(update, [{"of": one, "new": secrets.token_hex(32)} for one in found])

    def _without_rest(self, external_ids: set[str]) -> Iterator[str]:
        left = sa.select(evaluations.c.external_id).where(
            self._is_kept(evaluations.c.external_id.in_(external_ids))
        )
        yield from sorted(external_ids - set(self._connection.scalars(left.distinct())))


def _stripped(row: sa.Row[Any], now: datetime) -> dict[str, Any]:
    final = row.status in FINAL
    return {
        "of": row.id,
        "new_status": row.status if final else "cancelled",
        "new_completed_at": row.completed_at if final else now,
        "new_assessment": None if row.assessment is None else numbers_of(row.assessment),
        "new_error": None if row.error is None else {"type": row.error.get("type"), "detail": ERASED},
    }
