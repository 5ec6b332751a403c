"""How much work there is and who does it, over all tenants: numbers, nothing of any conversation."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from service.storage.schema import evaluations, heartbeats


class Unfinished(NamedTuple):
    """How many evaluations of one status and priority there are, and when the oldest was accepted."""

    status: str
    priority: str
    evaluations: int
    oldest: datetime


class WorkloadStore:
    """What all tenants have in the queue, read from partial indexes."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def limit(self, milliseconds: int) -> None:
        """Give the statements of this transaction that long; SQLite knows no such limit."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(sa.text(f"SET LOCAL statement_timeout = {int(milliseconds)}"))

    def unfinished(self) -> list[Unfinished]:
        """Return what is queued and running, by status and priority."""
        table = evaluations.c
        query = sa.select(table.status, table.priority, sa.func.count(), sa.func.min(table.created_at))
        query = query.where(sa.text("status IN ('queued', 'running')"))
        query = query.group_by(table.status, table.priority).order_by(table.status, table.priority)
        return [Unfinished(*row) for row in self._connection.execute(query)]

    def parked(self) -> int:
        """Return how many evaluations wait for another reason than their place in the queue."""
        waiting = sa.text("waiting IS NOT NULL AND status IN ('queued', 'running')")
        return (
            self._connection.scalar(sa.select(sa.func.count()).select_from(evaluations).where(waiting)) or 0
        )

    def workers(self, since: datetime) -> int:
        """Return how many workers gave a sign of life at `since` or later."""
        query = sa.select(sa.func.count()).where(heartbeats.c.beat_at >= since)
        return self._connection.scalar(query) or 0
