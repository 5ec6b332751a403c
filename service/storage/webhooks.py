"""Deliveries of webhooks of one tenant."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from service.domain.webhook import Delivery, DeliveryFailure, DeliveryStatus, Due, EventType, shown_url
from service.storage.evaluations import Position
from service.storage.schema import evaluations, webhook_deliveries

_NOBODY = ""
"""What stands for the URL of a delivery whose evaluation was erased."""


class Overdue(NamedTuple):
    """A delivery whose job is missing, and the number of its next one."""

    id: str
    tenant: str
    job: int


class DeliveryStore:
    """The deliveries of one tenant. Jobs of a delivery have numbers, from 1 on, and are done in turn."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def add(self, delivery_id: str, evaluation_id: str, event: EventType, url: str, now: datetime) -> None:
        """Leave a delivery whose first job is due now."""
        values = {
            "id": delivery_id,
            "tenant": self._tenant,
            "evaluation_id": evaluation_id,
            "event": event,
            "url": url,
            "status": "pending",
            "jobs_done": 0,
            "attempts": 0,
            "failures": 0,
            "next_attempt_at": now,
            "created_at": now,
        }
        self._connection.execute(sa.insert(webhook_deliveries).values(values))

    def get(self, delivery_id: str) -> Delivery | None:
        """Return one delivery, or None."""
        row = self._connection.execute(sa.select(webhook_deliveries).where(self._is(delivery_id)))
        found = row.one_or_none()
        return None if found is None else _to_delivery(found)

    def list(
        self, status: DeliveryStatus | None, evaluation_id: str | None, after: Position | None, limit: int
    ) -> list[Delivery]:
        """Return up to `limit` deliveries, newest first, that come after a position."""
        table = webhook_deliveries.c
        query = sa.select(webhook_deliveries).where(table.tenant == self._tenant)
        if status is not None:
            query = query.where(table.status == status)
        if evaluation_id is not None:
            query = query.where(table.evaluation_id == evaluation_id)
        if after is not None:
            moment = sa.bindparam("at", after[0], table.created_at.type)
            query = query.where(sa.tuple_(table.created_at, table.id) < sa.tuple_(moment, after[1]))
        query = query.order_by(table.created_at.desc(), table.id.desc()).limit(limit)
        return [_to_delivery(row) for row in self._connection.execute(query)]

    def counts(self) -> dict[str, int]:
        """Return how many deliveries of every tenant are pending and how many are dead."""
        states = webhook_deliveries.c.status
        # In the words of the index, which a parameter would not match.
        undelivered = sa.text("status IN ('pending', 'dead')")
        query = sa.select(states, sa.func.count()).where(undelivered).group_by(states)
        return {row.status: row[1] for row in self._connection.execute(query)}

    def due(self, delivery_id: str, job: int) -> Due | None:
        """Return what job number `job` is to send, of whichever tenant; None when it is done already."""
        table = webhook_deliveries.c
        columns = [table[name] for name in Due._fields]
        row = self._connection.execute(sa.select(*columns).where(_is_due(delivery_id, job))).one_or_none()
        return None if row is None else Due(*row)

    def has_subject(self, evaluation_id: str) -> bool:
        """Whether the evaluation is there and was not erased."""
        mine = (evaluations.c.id == evaluation_id) & (evaluations.c.tenant == self._tenant)
        query = sa.select(sa.literal(1)).where(mine, evaluations.c.erased_at.is_(None))
        return self._connection.scalar(query) is not None

    def delivered(self, delivery_id: str, job: int, now: datetime) -> bool:
        """Record that job number `job` delivered it; False when that job was done already."""
        return self._done(delivery_id, job, _ATTEMPT | {"status": "delivered", "delivered_at": now})

    def failed(
        self, delivery_id: str, job: int, failure: DeliveryFailure, next_attempt_at: datetime | None
    ) -> bool:
        """Record a failed attempt; without a next one the delivery is dead. False when the job was done
        already.
        """
        values = {
            "last_error": failure.model_dump(mode="json"),
            "failures": webhook_deliveries.c.failures + 1,
            "next_attempt_at": next_attempt_at,
            "status": "pending" if next_attempt_at else "dead",
        }
        return self._done(delivery_id, job, _ATTEMPT | values)

    def postponed(self, delivery_id: str, job: int, until: datetime) -> bool:
        """Record that job number `job` made no attempt, and that the next one will; False when the job was
        done already.
        """
        return self._done(delivery_id, job, {"next_attempt_at": until})

    def drop(self, delivery_id: str) -> None:
        """Give up a delivery because its evaluation was erased."""
        self._drop(self._is(delivery_id))

    def drop_of(self, evaluation_ids: Collection[str]) -> None:
        """Give up what would tell of evaluations, and forget where their webhooks went: they are being
        erased.
        """
        mine = webhook_deliveries.c.tenant == self._tenant
        of_it = mine & webhook_deliveries.c.evaluation_id.in_(evaluation_ids)
        self._drop(of_it)
        forget = sa.update(webhook_deliveries).where(of_it).values(url=_NOBODY, last_error=None)
        self._connection.execute(forget)

    def renew(self, delivery_id: str, now: datetime) -> int | None:
        """Make a dead or delivered delivery pending again; return the number of its next job, or None when it
        is neither.
        """
        is_over = webhook_deliveries.c.status.in_(["dead", "delivered"])
        update = sa.update(webhook_deliveries).where(self._is(delivery_id), is_over)
        renewed = update.values(status="pending", failures=0, next_attempt_at=now, delivered_at=None)
        done = self._connection.scalar(renewed.returning(webhook_deliveries.c.jobs_done))
        return None if done is None else done + 1

    def dead(self, limit: int) -> Sequence[str]:
        """Return the ids of up to `limit` dead deliveries, the oldest first."""
        table = webhook_deliveries.c
        query = sa.select(table.id).where(table.tenant == self._tenant, table.status == "dead")
        return self._connection.scalars(query.order_by(table.created_at, table.id).limit(limit)).all()

    def overdue(self, since: datetime, now: datetime, limit: int) -> Sequence[Overdue]:
        """Return up to `limit` deliveries of every tenant that should have been tried before `since`; their
        new jobs take the places of those that are missing.
        """
        table = webhook_deliveries.c
        # In the words of the index, which a parameter would not match.
        pending = sa.text("status = 'pending'")
        late = sa.select(table.id).where(pending, table.next_attempt_at < since)
        late = late.order_by(table.next_attempt_at).limit(limit).with_for_update(skip_locked=True)
        update = sa.update(webhook_deliveries).where(table.id.in_(late))
        update = update.values(jobs_done=table.jobs_done + 1, next_attempt_at=now)
        rows = self._connection.execute(update.returning(table.id, table.tenant, table.jobs_done))
        return [Overdue(row.id, row.tenant, row.jobs_done + 1) for row in rows]

    def _is(self, delivery_id: str) -> sa.ColumnElement[bool]:
        return (webhook_deliveries.c.id == delivery_id) & (webhook_deliveries.c.tenant == self._tenant)

    def _done(self, delivery_id: str, job: int, values: dict[str, Any]) -> bool:
        update = sa.update(webhook_deliveries).where(_is_due(delivery_id, job))
        return self._connection.execute(update.values(jobs_done=job, **values)).rowcount == 1

    def _drop(self, which: sa.ColumnElement[bool]) -> None:
        update = sa.update(webhook_deliveries).where(which, webhook_deliveries.c.status != "delivered")
        self._connection.execute(update.values(status="dropped", next_attempt_at=None))


_ATTEMPT: dict[str, Any] = {
    "attempts": webhook_deliveries.c.attempts + 1,
    "next_attempt_at": None,
    "last_error": None,
}


def _is_due(delivery_id: str, job: int) -> sa.ColumnElement[bool]:
    table = webhook_deliveries.c
    return (table.id == delivery_id) & (table.status == "pending") & (table.jobs_done == job - 1)


def _to_delivery(row: sa.Row[Any]) -> Delivery:
    shown = {name: getattr(row, name) for name in Delivery.model_fields}
    return Delivery.model_validate(shown | {"url": shown_url(row.url)})
