"""Signs of life of workers."""

from datetime import datetime

import sqlalchemy as sa

from service.storage.schema import heartbeats


class HeartbeatStore:
    """Who beat when."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def beat(self, executor_id: str, now: datetime) -> None:
        """Record that `executor_id` is alive."""
        update = sa.update(heartbeats).where(heartbeats.c.executor_id == executor_id).values(beat_at=now)
        if self._connection.execute(update).rowcount == 0:
            self._connection.execute(sa.insert(heartbeats).values(executor_id=executor_id, beat_at=now))

    def alive_since(self, moment: datetime) -> set[str]:
        """Return the ids of those that beat at `moment` or later."""
        query = sa.select(heartbeats.c.executor_id).where(heartbeats.c.beat_at >= moment)
        return set(self._connection.scalars(query))

    def forget(self, executor_id: str) -> None:
        """Drop one that leaves."""
        self._connection.execute(sa.delete(heartbeats).where(heartbeats.c.executor_id == executor_id))

    def forget_before(self, moment: datetime) -> None:
        """Drop those that have not beaten since `moment`."""
        self._connection.execute(sa.delete(heartbeats).where(heartbeats.c.beat_at < moment))
