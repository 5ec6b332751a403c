"""How much there is to do in the whole fleet: for metrics and readiness."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import structlog

from service.domain.errors import QalibrateError
from service.storage.database import Database
from service.storage.workload import Unfinished

log = structlog.get_logger(__name__)

REMEMBER_S = 1.0
"""Several who ask at once get one answer."""

PATIENCE_S = 2.0
"""Whoever asks goes without an answer after so long."""


class Workload(NamedTuple):
    """What is unfinished, how much of it is parked, how many workers live (PostgreSQL), and how many webhooks
    are pending and dead.
    """

    unfinished: tuple[Unfinished, ...]
    parked: int
    workers: int | None
    webhooks: Mapping[str, int]
    read_at: datetime


class WorkloadReader:
    """Reads the workload, one reading at a time: a slow database is not asked twice."""

    def __init__(self, database: Database, dead_after_s: float) -> None:
        self._database = database
        self._dead_after = timedelta(seconds=dead_after_s)
        self._last: Workload | None = None
        self._last_at = float("-inf")
        self._reading: asyncio.Future[Workload | None] | None = None

    async def __call__(self) -> Workload | None:
        """Return what was read within the last second, or None when the database is away or slow."""
        if time.monotonic() - self._last_at < REMEMBER_S:
            return self._last
        if self._reading is None or self._reading.done():
            self._reading = asyncio.ensure_future(asyncio.to_thread(self._read))
        try:
            return await asyncio.wait_for(asyncio.shield(self._reading), PATIENCE_S)
        except TimeoutError:
            return None

    def forget(self) -> None:
        """Have it read again by whoever asks next."""
        self._last_at = float("-inf")

    def _read(self) -> Workload | None:
        try:
            self._last = self.read()
        except QalibrateError as error:
            log.warning("the workload could not be read", reason=error.type)
            self._last = None
        self._last_at = time.monotonic()
        return self._last

    def read(self) -> Workload:
        """Read it now. Raises DatabaseAway."""
        now = datetime.now(UTC)
        with self._database.begin("") as tx:
            tx.workload.limit(round(1000 * PATIENCE_S))
            found = tuple(tx.workload.unfinished())
            # One process has an SQLite file; nobody has to know whether it lives.
            embedded = self._database.is_sqlite
            workers = None if embedded else tx.workload.workers(now - self._dead_after)
            return Workload(found, tx.workload.parked(), workers, tx.deliveries.counts(), now)
