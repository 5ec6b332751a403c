"""The durable job engine (DBOS), behind the few calls that the rest of the service makes.

Only ids enter the engine's tables: no transcript, no grade. What a job needs is read from ours.
"""

import asyncio
import logging
import os
import socket
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from dbos import DBOSPortableJSONSerializer as PortableJSON

from service.domain.errors import DatabaseAway
from service.storage.database import Database
from service.storage.transaction import Transaction
from service.usecases.assess import AssessEvaluation

log = structlog.get_logger(__name__)

QUEUE = "grading"
APPLICATION = "qalibrate"

# The default is a hash of the sources, under which nothing queued would run after an upgrade. Change it only
# when the steps of a workflow change incompatibly.
ENGINE_VERSION = "1"

# How often a worker asks for jobs: half of it is added to an evaluation, asking in vain costs a little CPU.
POLL_EMBEDDED_S = 0.05
POLL_FLEET_S = 0.1

# So many signs of life may be missed before a worker is taken for dead.
BEATS_MISSED = 6
FORGET_AFTER = timedelta(days=1)
TIDY_EVERY_S = 600.0

# Steps that failed because the database was away are tried again by the engine for about two hours.
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

    def enqueue(self, tx: Transaction, evaluation_id: str) -> None:
        """Queue the grading of an evaluation; it is there when, and only when, `tx` commits."""
        options: EnqueueOptions = {
            "workflow_name": "grade",
            "queue_name": QUEUE,
            "workflow_id": evaluation_id,
            "app_version": ENGINE_VERSION,
        }
        self._client.enqueue_in_transaction(tx.connection, options, evaluation_id)


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
        _Running.assess = assess

    async def start(self) -> None:
        """Migrate the engine's tables, recover this executor's jobs and begin to work."""
        DBOS(config=_config(self._database, self.executor_id))
        _take_over_logs()
        # The first sign of life comes before the first job, or another worker would take it over.
        await asyncio.to_thread(self._say_alive)
        await asyncio.to_thread(self._launch)
        self._heart = asyncio.create_task(self._beat())

    async def stop(self, grace_s: int = 10) -> None:
        """Stop taking jobs and wait `grace_s` seconds for those under way; the rest are recovered later."""
        if self._heart is not None:
            self._heart.cancel()
        # At least a second: the engine notes the end of a job a moment after the job's own work is done, and
        # a thread that is left to do so without a database would never end.
        grace = grace_s if _Running.jobs else 1
        await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=grace)

    def _launch(self) -> None:
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=self._concurrency,
            polling_interval_sec=POLL_EMBEDDED_S if self._database.is_sqlite else POLL_FLEET_S,
            on_conflict="always_update",
        )

    async def _beat(self) -> None:
        while True:
            try:
                stranded = await asyncio.to_thread(self._stranded)
                if stranded:
                    await DBOS.resume_workflows_async(stranded, queue_name=QUEUE)
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
    jobs = 0


@DBOS.workflow(name="grade", max_recovery_attempts=None)
async def _grade(evaluation_id: str) -> None:
    await _assess(evaluation_id)


@DBOS.step(
    name="assess",
    retries_allowed=True,
    interval_seconds=DATABASE_PAUSE_S,
    backoff_rate=1.0,
    max_attempts=DATABASE_TRIES,
    should_retry=lambda error: isinstance(error, DatabaseAway),
)
async def _assess(evaluation_id: str) -> None:
    _Running.jobs += 1
    try:
        await _Running.assess(evaluation_id)
    finally:
        _Running.jobs -= 1


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
        system_database_engine=database.engine,
        application_version=ENGINE_VERSION,
        executor_id=executor_id,
        serializer=PortableJSON(),
        max_executor_threads=32,
        log_level=os.environ.get("QALIBRATE_ENGINE_LOG_LEVEL", "ERROR"),
        run_migrations=True,
    )
