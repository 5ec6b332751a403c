"""The durable job engine (DBOS), behind the few calls that the rest of the service makes.

Only ids enter the engine's tables: no transcript, no grade. What a job needs is read from ours.
"""

import asyncio
import contextlib
import inspect
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from dbos import DBOSPortableJSONSerializer as PortableJSON
from dbos import _queue as engine_queue
from dbos import error as engine_error
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

from service.domain.errors import DatabaseAway
from service.domain.submission import Priority
from service.storage.database import Database
from service.storage.transaction import Transaction
from service.usecases.assess import AssessEvaluation

log = structlog.get_logger(__name__)

QUEUE = "grading"
APPLICATION = "qalibrate"

# The default is a hash of the sources, under which nothing queued would run after an upgrade. Change it only
# when the steps of a workflow change incompatibly.
ENGINE_VERSION = "1"

# How often a worker looks for jobs that nobody in its process told it of. On SQLite there are no other
# processes: all that is left are jobs that were put back.
POLL_EMBEDDED_S = 1.0
POLL_FLEET_S = 0.1
# Where the engine cannot be woken.
POLL_ASLEEP_S = 0.05
# Looking once for what many requests put in at nearly the same moment is cheaper than looking for each.
LOOKS_APART_S = 0.02
# The engine counts a job as under way until a moment after the job's own work is done.
FREE_AFTER_S = 0.05

# So many signs of life may be missed before a worker is taken for dead.
BEATS_MISSED = 6
FORGET_AFTER = timedelta(days=1)
TIDY_EVERY_S = 600.0

# Jobs that failed because the database was away are tried again for about two hours.
DATABASE_PAUSE_S = 5.0
DATABASE_TRIES = 1440


class DurableQueue:
    """Puts jobs into the engine's tables within the caller's own transaction."""

    def __init__(self, database: Database) -> None:
        self._client = DBOSClient(
            system_database_engine=database.engine,
            serializer=PortableJSON(),
            application_name=APPLICATION,
            lazy=True,
            retry_connection_errors=False,
        )

    def enqueue(
        self, tx: Transaction, evaluation_id: str, priority: Priority = "interactive", delay_s: float = 0
    ) -> None:
        """Queue the grading of an evaluation; it is there when, and only when, `tx` commits."""
        options: EnqueueOptions = {
            "workflow_name": "grade",
            "queue_name": QUEUE,
            "workflow_id": evaluation_id,
            "app_version": ENGINE_VERSION,
        }
        self._client.enqueue_in_transaction(tx.connection, options, evaluation_id)

    def enqueue_delivery(self, tx: Transaction, delivery_id: str, attempt: int, delay_s: float = 0) -> None:
        """Queue one attempt of a webhook; it is there when, and only when, `tx` commits."""

    def tell(self) -> None:
        """Wake the worker of this process, if there is one: a transaction with jobs was committed."""
        _Running.bell.ring()


class Bell(threading.Event):
    """The event that ends the thread in which the engine looks for jobs; ringing it makes it look at once.

    The thread waits for this event, with a time limit, between two looks.
    """

    def __init__(self) -> None:
        super().__init__()
        self._rung = threading.Event()
        self._looked_at = float("-inf")

    def ring(self) -> None:
        """Have a look taken now; may be called from any thread."""
        self._rung.set()

    def set(self) -> None:
        """End the thread."""
        super().set()
        self._rung.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it rings, for `timeout` seconds at most; return whether the thread is to end."""
        if self._rung.wait(timeout):
            super().wait(max(0.0, self._looked_at + LOOKS_APART_S - time.monotonic()))
        # Cleared before the look: what is committed from here on rings again.
        self._rung.clear()
        self._looked_at = time.monotonic()
        return self.is_set()


def can_be_woken() -> bool:
    """Return whether the engine's look for jobs is as we know it, a function of an event to wait for.

    It is not part of what the engine promises; where it is gone, the engine looks for jobs by itself.
    """
    look = getattr(engine_queue, "queue_worker_thread", None)
    return look is not None and list(inspect.signature(look).parameters) == ["stop_event", "dbos", "queue"]


class Worker:
    """Runs queued jobs in this process; takes over those of workers that went silent."""

    def __init__(
        self,
        database: Database,
        assess: AssessEvaluation,
        concurrency: int,
        dead_after_s: float,
        tidy_up: Callable[[], object],
    ) -> None:
        """Make one that calls `tidy_up` at its start and every few minutes."""
        self._database = database
        self._tidy_up = tidy_up
        self._tidied_at = float("-inf")
        self._concurrency = concurrency
        self._dead_after = timedelta(seconds=dead_after_s)
        # SQLite has one process, which must find its own jobs again after a restart. On PostgreSQL two
        # processes of one name would run each other's jobs twice.
        self.executor_id = (
            "local" if database.is_sqlite else f"{socket.gethostname()}-{uuid.uuid4().hex[:12]}"
        )
        self._heart: asyncio.Task[None] | None = None
        self._look: threading.Thread | None = None
        _Running.assess = assess
        _Running.concurrency = concurrency

    async def start(self) -> None:
        """Migrate the engine's tables, recover this executor's jobs and begin to work."""
        engine = DBOS(config=_config(self._database, self.executor_id))
        _take_over_logs()
        # The first sign of life comes before the first job, or another worker would take it over.
        await asyncio.to_thread(self._say_alive)
        await asyncio.to_thread(self._launch, engine)
        self._heart = asyncio.create_task(self._beat())

    async def stop(self, grace_s: int = 10) -> None:
        """Stop taking jobs and wait `grace_s` seconds for those under way; the rest are recovered later."""
        if self._heart is not None:
            self._heart.cancel()
        # At least a second: the engine notes the end of a job a moment after the job's own work is done, and
        # a thread that is left to do so without a database would never end.
        grace = grace_s if _Running.jobs else 1
        _Running.bell.set()
        await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=grace)

    def _launch(self, engine: DBOS) -> None:
        wakes = can_be_woken()
        if wakes:
            # The engine leaves our queue alone, because a thread that we can wake looks after it. A second
            # service in one process, as tests have it, finds the engine launched and set up like that.
            with contextlib.suppress(engine_error.DBOSException):
                DBOS.listen_queues([])
        DBOS.launch()
        queue = DBOS.register_queue(
            QUEUE,
            worker_concurrency=self._concurrency,
            polling_interval_sec=self._pause(wakes),
            on_conflict="always_update",
        )
        if wakes:
            self._look_for_jobs(engine, queue)
        else:
            log.warning("the job engine has changed: jobs start a little later")

    def _pause(self, wakes: bool) -> float:
        if not self._database.is_sqlite:
            return POLL_FLEET_S
        return POLL_EMBEDDED_S if wakes else POLL_ASLEEP_S

    def _look_for_jobs(self, engine: DBOS, queue: engine_queue.Queue) -> None:
        bell = _Running.bell = Bell()
        arguments = (bell, engine, queue)
        self._look = threading.Thread(
            target=engine_queue.queue_worker_thread, args=arguments, name="look-for-jobs", daemon=True
        )
        self._look.start()

    async def _beat(self) -> None:
        while True:
            try:
                stranded = await asyncio.to_thread(self._stranded)
                if stranded:
                    await DBOS.resume_workflows_async(stranded, queue_name=QUEUE)
                    _Running.bell.ring()
                    log.warning("took over jobs of silent workers", jobs=len(stranded))
                await self._tidy()
            except DatabaseAway:
                log.warning("the database is away; trying again")
            except Exception as error:
                # A worker whose heart stops is taken for dead, whatever stopped it.
                log.error("a sign of life failed", error=type(error).__name__)
            await asyncio.sleep(self._dead_after.total_seconds() / BEATS_MISSED)

    async def _tidy(self) -> None:
        if time.monotonic() - self._tidied_at > TIDY_EVERY_S:
            await asyncio.to_thread(self._tidy_up)
            self._tidied_at = time.monotonic()

    def _say_alive(self) -> set[str]:
        """Record that this worker lives; return the ids of all that do."""
        now = datetime.now(UTC)
        with self._database.begin("") as tx:
            tx.heartbeats.beat(self.executor_id, now)
            tx.heartbeats.forget_before(now - FORGET_AFTER)
            return tx.heartbeats.alive_since(now - self._dead_after)

    def _stranded(self) -> list[str]:
        """Return the jobs under way of workers that have been silent for long."""
        if self._database.is_sqlite:
            return []
        # Jobs first: a worker that starts in between beats before it takes any.
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        alive = self._say_alive()
        return [job.workflow_id for job in pending if job.executor_id not in alive]


class _Running:
    """What the workflow functions, which the engine finds by name, work with in this process."""

    assess: AssessEvaluation
    concurrency: int
    jobs = 0
    bell = Bell()


# One workflow without steps: what it does twice has the effect of once, and a step costs two transactions.
@DBOS.workflow(name="grade", max_recovery_attempts=None)
async def _grade(evaluation_id: str) -> None:
    _Running.jobs += 1
    try:
        await _assess(evaluation_id)
    finally:
        # A worker that had its hands full may have left jobs where they were.
        if 2 * _Running.jobs >= _Running.concurrency:
            asyncio.get_running_loop().call_later(FREE_AFTER_S, _Running.bell.ring)
        _Running.jobs -= 1


@retry(
    retry=retry_if_exception_type(DatabaseAway),
    wait=wait_fixed(DATABASE_PAUSE_S),
    stop=stop_after_attempt(DATABASE_TRIES),
    reraise=True,
)
async def _assess(evaluation_id: str) -> None:
    await _Running.assess(evaluation_id)


def _take_over_logs() -> None:
    """Make the engine log the way we do: its own handler writes exceptions whole, with what they quote."""
    logger = logging.getLogger("dbos")
    logger.handlers.clear()
    logger.propagate = True


def upgrade_engine(database: Database) -> None:
    """Create or migrate the engine's own tables."""
    DBOS.migrate(database.url.render_as_string(hide_password=False))


def _config(database: Database, executor_id: str) -> DBOSConfig:
    return DBOSConfig(
        name=APPLICATION,
        system_database_engine=database.forgetful_engine,
        application_version=ENGINE_VERSION,
        executor_id=executor_id,
        serializer=PortableJSON(),
        max_executor_threads=32,
        log_level=os.environ.get("QALIBRATE_ENGINE_LOG_LEVEL", "ERROR"),
        run_migrations=True,
    )
