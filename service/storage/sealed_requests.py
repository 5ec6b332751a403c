"""Requests as they came, sealed, while they wait for a worker."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from service.domain.errors import SecretKeyMissing
from service.domain.grade import GraderName
from service.domain.submission import Priority
from service.storage.schema import evaluations, sealed_requests


class StuckRequest(NamedTuple):
    """A sealed request that could not be opened when its turn came."""

    evaluation_id: str
    tenant: str
    sealed: bytes
    priority: Priority
    grader: GraderName


class SealedRequestStore:
    """The sealed requests of one tenant. It holds no key: what it keeps is unreadable to it."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def add_all(self, sealed: Sequence[tuple[str, bytes]], now: datetime) -> None:
        """Keep sealed requests, each with the id of its evaluation."""
        rows = [
            {"evaluation_id": one, "tenant": self._tenant, "sealed": content, "created_at": now}
            for one, content in sealed
        ]
        if rows:
            self._connection.execute(sa.insert(sealed_requests), rows)

    def get(self, evaluation_id: str) -> bytes | None:
        """Return the sealed request of an evaluation, or None when there is none any more."""
        return self._connection.scalar(sa.select(sealed_requests.c.sealed).where(self._is(evaluation_id)))

    def drop(self, evaluation_id: str) -> None:
        """Drop the sealed request of an evaluation for good."""
        self._connection.execute(sa.delete(sealed_requests).where(self._is(evaluation_id)))

    def stuck(self, limit: int) -> Sequence["StuckRequest"]:
        """Return up to `limit` requests, of all tenants, that wait without a job; oldest first."""
        table, waits = sealed_requests.c, evaluations.c
        query = sa.select(table.evaluation_id, table.tenant, table.sealed, waits.priority, waits.grader)
        query = query.join(evaluations, waits.id == table.evaluation_id)
        lost = waits.waiting["type"].as_string() == SecretKeyMissing.type
        query = query.where(sa.text("waiting IS NOT NULL"), waits.status == "queued", lost)
        rows = self._connection.execute(query.order_by(table.created_at).limit(limit))
        return [StuckRequest(*row) for row in rows]

    def unstick(self, evaluation_id: str) -> None:
        """Say that an evaluation waits for nothing but its turn."""
        mine = (evaluations.c.id == evaluation_id) & (evaluations.c.tenant == self._tenant)
        self._connection.execute(sa.update(evaluations).where(mine).values(waiting=None))

    def _is(self, evaluation_id: str) -> sa.ColumnElement[bool]:
        return (sealed_requests.c.evaluation_id == evaluation_id) & (sealed_requests.c.tenant == self._tenant)
