"""Finds evaluations that nobody will ever grade, because their job is gone."""

import time
from datetime import UTC, datetime, timedelta

import structlog

from service.jobs.engine import EngineRows
from service.storage.database import Database
from service.storage.evaluations import Position
from service.usecases.queue import JobQueue

log = structlog.get_logger(__name__)

# Whatever is younger may be on its way between two transactions.
OLD = timedelta(minutes=10)
LOOK_EVERY_S = 600.0
AT_ONCE = 500

_START: Position = (datetime.min.replace(tzinfo=UTC), "")


class RequeueLost:
    """The chore of giving a job to unfinished evaluations that have none: it should never find any.

    A job can be lost when the engine ends it with an error of its own, or when a database was restored from
    two moments.
    """

    def __init__(self, database: Database, queue: JobQueue, old: timedelta = OLD) -> None:
        """Make it for evaluations that were accepted longer than `old` ago."""
        self._database = database
        self._queue = queue
        self._old = old
        self._rows = EngineRows(sqlite=database.is_sqlite)
        self._after = _START
        self._looked_at = float("-inf")

    def __call__(self) -> int:
        """Look at some, and return how many that were; once through, look again after a while."""
        if self._after == _START and time.monotonic() - self._looked_at < LOOK_EVERY_S:
            return 0
        self._looked_at = time.monotonic()
        before = datetime.now(UTC) - self._old
        with self._database.begin("") as tx:
            some = tx.evaluations.unfinished(self._after, before, AT_ONCE)
            alive = self._rows.alive(tx.connection, [one.id for one in some])
            lost = [one for one in some if one.id not in alive]
            for one in lost:
                theirs = tx.on_behalf_of(one.tenant)
                self._queue.forget(theirs, one.id)
                self._queue.enqueue(theirs, one.id, one.priority, grader=one.grader)
        self._after = (some[-1].created_at, some[-1].id) if len(some) == AT_ONCE else _START
        if lost:
            log.error("evaluations without a job were queued again", evaluations=len(lost))
            self._queue.tell()
        return len(some) if len(some) == AT_ONCE else 0
