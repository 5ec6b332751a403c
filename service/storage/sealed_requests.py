"""Requests as they came, sealed, while they wait for a worker."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from service.storage.schema import sealed_requests


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

    def _is(self, evaluation_id: str) -> sa.ColumnElement[bool]:
        return (sealed_requests.c.evaluation_id == evaluation_id) & (sealed_requests.c.tenant == self._tenant)
