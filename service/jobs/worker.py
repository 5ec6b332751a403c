"""One process's worker: takes jobs, shows that it lives, takes over from the dead, leaves in good order."""

import asyncio
import contextlib
import math
import socket
import threading
import time
import uuid
from collections.abc import Callable, Collection, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from dbos import DBOS
from dbos import _queue as engine_queue
from dbos import error as engine_error

from service.domain.errors import DatabaseAway
from service.jobs.bell import Bell, can_be_woken
from service.jobs.engine import (
    GRADING,
    RULES,
    WEBHOOKS,
    EngineRows,
    engine_config,
    take_over_logs,
)
from service.jobs.within import within
from service.jobs.workflows import Assess, Deliver, Regrade, running
from service.storage.database import Database
from service.usecases.tidy import Chore, tidy

log = structlog.get_logger(__name__)

# How often a worker looks for jobs that nobody in its process told it of. On SQLite there are no other
# processes: all that is left are jobs that were put back.
POLL_EMBEDDED_S = 1.0
POLL_FLEET_S = 0.1
# Nobody waits for a webhook as one waits for a grade, and most are put in by the worker's own process.
POLL_WEBHOOKS_S = 0.5
# Where the engine cannot be woken.
POLL_ASLEEP_S = 0.05

DELIVERIES = 64
"""Webhooks under way in one process."""

# So many signs of life may be missed before a worker is taken for dead.
BEATS_MISSED = 6
FORGET_AFTER = timedelta(days=1)
# How soon a worker notices that a job is no longer its own: cancelled, or taken over while it was frozen.
WATCH_EVERY_S = 1.0
TIDY_EVERY_S = 60.0

FINISHED_KEPT_S = 3600.0
"""How long the engine's rows of jobs that ended are kept."""
FINISHED_AT_ONCE = 500

GRACE_S = 20.0
LOOK_WHETHER_DONE_S = 0.05
# Longer than this nothing of leaving is waited for that needs a database.
LEAVE_WITHIN_S = 5.0


class Worker:
    """Runs queued jobs in this process; takes over those of workers that went silent."""

    def __init__(
        self,
        database: Database,
        assess: Assess,
        concurrency: int,
        dead_after_s: float,
        *,
        deliver: Deliver | None = None,
        regrade: Regrade | None = None,
        chores: tuple[Chore, ...] = (),
        grace_s: float = GRACE_S,
        idle: Callable[[], Collection[str]] = frozenset,
    ) -> None:
        """Make one that does `chores`, a portion at a time, at its start and every minute. Of the jobs under
        way those of `idle` do nothing but wait.
        """
        self._database = database
        self._rows = EngineRows(sqlite=database.is_sqlite)
        self._chores = (self._drop_finished, *chores)
        self._dead_after_s = dead_after_s
        self._grace_s = grace_s
        self._idle = idle
        # SQLite has one process, which must find its own jobs again after a restart. On PostgreSQL two
        # processes of one name would run each other's jobs twice.
        self.executor_id = (
            "local" if database.is_sqlite else f"{socket.gethostname()}-{uuid.uuid4().hex[:12]}"
        )
        self._places = {GRADING: concurrency, RULES: concurrency}
        if deliver is not None:
            self._places[WEBHOOKS] = DELIVERIES
            running.deliver = deliver
        if regrade is not None:
            running.regrade = regrade
        running.assess = assess
        running.places = concurrency
        self._tasks: list[asyncio.Task[None]] = []
        self._looks: list[threading.Thread] = []
        self._leaving_at: float | None = None
        self._beat_at = float("-inf")
        self._steady_since = float("inf")
        self._adrift: dict[str, float] = {}

    async def start(self) -> None:
        """Migrate the engine's tables, recover this executor's jobs and begin to work."""
        engine = DBOS(config=engine_config(self._database, self.executor_id))
        take_over_logs()
        # The first sign of life comes before the first job, or another worker would take it over.
        await asyncio.to_thread(self._say_alive)
        await asyncio.to_thread(self._launch, engine)
        rounds = (
            self._every(self._dead_after_s / BEATS_MISSED, self._beat),
            self._every(WATCH_EVERY_S, self._watch),
            self._every(TIDY_EVERY_S, self._tidy),
        )
        self._tasks = [asyncio.create_task(each) for each in rounds]

    def stop_taking(self) -> None:
        """Take no more jobs; those under way go on. May be called from any thread, and more than once."""
        if self._leaving_at is None:
            self._leaving_at = time.monotonic()
        for bell in running.bells.values():
            bell.set()

    async def stop(self) -> None:
        """Take no more jobs, let those under way finish within the time of grace, and hand back the rest.

        It takes a few seconds longer at most, whatever the database does.
        """
        self.stop_taking()
        await within(LEAVE_WITHIN_S, self._join_looks)
        # Signs of life go on meanwhile, so that nobody takes over what is being finished.
        await self._finish((self._leaving_at or 0.0) + self._grace_s)
        for task in self._tasks:
            task.cancel()
        left = running.jobs
        running.cancel(left)
        if not await within(LEAVE_WITHIN_S, self._hand_back):
            log.warning("jobs could not be handed back; others take them over", jobs=len(left))
        await within(2 * LEAVE_WITHIN_S, _end_engine)

    async def _finish(self, until: float) -> None:
        looks = (until - time.monotonic()) / LOOK_WHETHER_DONE_S
        for _ in range(math.ceil(looks)):
            if not running.jobs.difference(self._idle()):
                return
            await asyncio.sleep(LOOK_WHETHER_DONE_S)

    def _launch(self, engine: DBOS) -> None:
        wakes = can_be_woken()
        if wakes:
            # The engine leaves our queues alone, because threads that we can wake look after them. A second
            # service in one process, as tests have it, finds the engine launched and set up like that.
            with contextlib.suppress(engine_error.DBOSException):
                DBOS.listen_queues([])
        DBOS.launch()
        _give_up_without_a_database(engine)
        for name, places in self._places.items():
            queue = DBOS.register_queue(
                name,
                worker_concurrency=places,
                polling_interval_sec=self._pause(name, wakes),
                on_conflict="always_update",
            )
            if wakes:
                self._look_for_jobs(engine, queue)
        if not wakes:
            log.warning("the job engine has changed: jobs start a little later")

    def _pause(self, queue: str, wakes: bool) -> float:
        if not self._database.is_sqlite:
            return POLL_WEBHOOKS_S if queue == WEBHOOKS else POLL_FLEET_S
        return POLL_EMBEDDED_S if wakes else POLL_ASLEEP_S

    def _look_for_jobs(self, engine: DBOS, queue: engine_queue.Queue) -> None:
        bell = running.bells[queue.name] = Bell()
        arguments = (bell, engine, queue)
        look = threading.Thread(
            target=engine_queue.queue_worker_thread,
            args=arguments,
            name=f"look-for-{queue.name}",
            daemon=True,
        )
        self._looks.append(look)
        look.start()

    def _join_looks(self) -> None:
        for look in self._looks:
            look.join()

    async def _every(self, seconds: float, do: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            try:
                await do()
            except DatabaseAway:
                log.warning("the database is away; trying again")
            except Exception as error:
                # A worker whose heart stops is taken for dead, whatever stopped it.
                log.error("a round of the worker failed", error=type(error).__name__)
            await asyncio.sleep(seconds)

    async def _beat(self) -> None:
        taken_over = await asyncio.to_thread(self._take_over)
        if taken_over:
            log.warning("took over jobs of silent workers", jobs=taken_over)
            running.ring_all()

    async def _watch(self) -> None:
        """Stop what is no longer ours, and put back what we have according to the engine and do not work on.

        The one happens when a job was cancelled, or others took it over while this process was frozen; the
        other when the database went away between two steps of the engine.
        """
        mine, taken = await asyncio.to_thread(self._compared)
        running.cancel(mine - taken)
        stranded = self._stranded(taken - running.jobs)
        if stranded and self._leaving_at is None:
            put_back = await asyncio.to_thread(self._put_back, stranded)
            log.warning("put back jobs that were lost between two steps", jobs=put_back)
            running.ring_all()

    def _stranded(self, adrift: set[str]) -> set[str]:
        """Return those that nobody has worked on for long: a job is ours a while before and after we do."""
        now = time.monotonic()
        self._adrift = {job: self._adrift.get(job, now) for job in adrift}
        return {job for job, since in self._adrift.items() if now - since >= self._dead_after_s}

    def _compared(self) -> tuple[set[str], set[str]]:
        mine = running.jobs
        with self._database.begin("") as tx:
            return mine, self._rows.taken_by(tx.connection, self.executor_id)

    def _put_back(self, jobs: set[str]) -> int:
        with self._database.begin("", forgetful=True) as tx:
            return self._rows.put_back(tx.connection, [self.executor_id], jobs)

    async def _tidy(self) -> None:
        await asyncio.to_thread(tidy, self._chores, lambda: self._leaving_at is not None)

    def _drop_finished(self) -> int:
        before = int((time.time() - FINISHED_KEPT_S) * 1000)
        with self._database.begin("", forgetful=True) as tx:
            return self._rows.drop_finished(tx.connection, before, FINISHED_AT_ONCE)

    def _say_alive(self) -> set[str]:
        """Record that this worker lives; return the ids of all that do."""
        now = datetime.now(UTC)
        with self._database.begin("", forgetful=True) as tx:
            tx.heartbeats.beat(self.executor_id, now)
            tx.heartbeats.forget_before(now - FORGET_AFTER)
            return tx.heartbeats.alive_since(now - timedelta(seconds=self._dead_after_s))

    def _take_over(self) -> int:
        """Show a sign of life, and put back the jobs of workers that have been silent for long."""
        if self._database.is_sqlite:
            self._say_alive()
            return 0
        # Jobs first: a worker that starts in between beats before it takes any.
        with self._database.begin("") as tx:
            busy = self._rows.executors(tx.connection)
        dead = busy - self._say_alive()
        if not dead or not self._is_steady():
            return 0
        with self._database.begin("", forgetful=True) as tx:
            return self._rows.put_back(tx.connection, dead)

    def _is_steady(self) -> bool:
        """Whether this worker could beat for as long as others may be silent.

        After a time without a database, or asleep, it is not the others that are dead.
        """
        now = time.monotonic()
        if now - self._beat_at > self._dead_after_s / 2:
            self._steady_since = now
        self._beat_at = now
        return now - self._steady_since >= self._dead_after_s

    def _hand_back(self) -> None:
        with self._database.begin("") as tx:
            self._rows.put_back(tx.connection, [self.executor_id])
            tx.heartbeats.forget(self.executor_id)


def _give_up_without_a_database(engine: DBOS) -> None:
    """Have the engine raise when the database is away, where it would try again for ever, with pauses of up
    to a minute and a half. What it leaves undone is put back by `Worker._watch`.
    """
    database: Any = getattr(engine, "_sys_db", None)
    if hasattr(database, "_retry_connection_errors"):
        database._retry_connection_errors = False


def _end_engine() -> None:
    # At least a second: the engine notes the end of a job a moment after the job's own work is done.
    DBOS.destroy(workflow_completion_timeout_sec=1)
