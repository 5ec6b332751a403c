"""How the engine is set up, and the rows that it keeps."""

import logging
import os
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig
from dbos import DBOSPortableJSONSerializer as PortableJSON

from service.storage.database import Database
from service.telemetry import tracing

APPLICATION = "qalibrate"

# The default is a hash of the sources, under which nothing queued would run after an upgrade. Change it only
# when the steps of a workflow change incompatibly.
ENGINE_VERSION = "1"

# One queue for what asks a model, so that work which needs none does not stand behind it while it is away;
# one for webhooks, so that neither slow receivers nor a long queue hold up the other.
GRADING = "grading"
RULES = "rules"
WEBHOOKS = "webhooks"
QUEUES = (GRADING, RULES, WEBHOOKS)


class EngineRows:
    """The engine's rows where it offers no call that fits into a transaction of ours, or none that asks who
    has the job before it changes hands.
    """

    def __init__(self, *, sqlite: bool) -> None:
        schema = None if sqlite else "dbos"
        names = ("workflow_uuid", "status", "queue_name", "executor_id", "owner_xid", "priority")
        moments = ("started_at_epoch_ms", "completed_at")
        columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in names]
        columns += [sa.column(name, sa.BigInteger) for name in moments]
        self._jobs = sa.table("workflow_status", *columns, schema=schema)
        self._details = tuple(
            sa.table(name, sa.column("workflow_uuid"), schema=schema)
            for name in ("workflow_input", "workflow_output", "operation_outputs")
        )

    def front(self, connection: sa.Connection, queue: str, first: int, end: int) -> int | None:
        """Return the lowest priority number from `first` to below `end` that waits in a queue, None if none.

        One look into an index.
        """
        job = self._jobs.c
        query = sa.select(job.priority).where(job.queue_name == queue, job.status == _said("ENQUEUED"))
        query = query.where(job.priority >= first, job.priority < end).order_by(job.priority).limit(1)
        found: int | None = connection.scalar(query)
        return found

    def executors(self, connection: sa.Connection) -> set[str]:
        """Return the ids of the processes that have jobs under way."""
        query = sa.select(self._jobs.c.executor_id).where(*self._under_way()).distinct()
        return set(connection.scalars(query))

    def taken_by(self, connection: sa.Connection, executor_id: str) -> set[str]:
        """Return the jobs that a process has under way."""
        job = self._jobs.c
        query = sa.select(job.workflow_uuid).where(*self._under_way(), job.executor_id == executor_id)
        return set(connection.scalars(query))

    def alive(self, connection: sa.Connection, jobs: Collection[str]) -> set[str]:
        """Return those of `jobs` that wait or are under way."""
        job = self._jobs.c
        query = sa.select(job.workflow_uuid).where(job.workflow_uuid.in_(jobs))
        return set(connection.scalars(query.where(job.status.in_(("ENQUEUED", "PENDING", "DELAYED")))))

    def put_back(
        self, connection: sa.Connection, executors: Collection[str], jobs: Collection[str] | None = None
    ) -> int:
        """Put what these processes have under way, or those of `jobs`, back into its queue; return how many.

        A job that changed hands meanwhile stays where it is. Whoever had one can no longer end it.
        """
        job = self._jobs.c
        update = sa.update(self._jobs).where(*self._under_way(), job.executor_id.in_(executors))
        if jobs is not None:
            update = update.where(job.workflow_uuid.in_(jobs))
        update = update.values(status="ENQUEUED", owner_xid=None, started_at_epoch_ms=None)
        return connection.execute(update).rowcount

    def drop(self, connection: sa.Connection, jobs: Collection[str]) -> None:
        """Remove jobs, whatever their state. Whoever has one can no longer end it."""
        for table in (*self._details, self._jobs):
            connection.execute(sa.delete(table).where(table.c.workflow_uuid.in_(jobs)))

    def drop_finished(self, connection: sa.Connection, before_ms: int, limit: int) -> int:
        """Remove up to `limit` jobs that ended before a moment (ms since 1970); return how many."""
        job = self._jobs.c
        query = sa.select(job.workflow_uuid).where(
            job.completed_at.is_not(None), job.completed_at < before_ms
        )
        query = query.order_by(job.completed_at).limit(limit).with_for_update(skip_locked=True)
        found = list(connection.scalars(query))
        if found:
            self.drop(connection, found)
        return len(found)

    def _under_way(self) -> tuple[sa.ColumnElement[bool], ...]:
        # The words of the condition of the engine's index, which a parameter would not match.
        return self._jobs.c.queue_name.in_(QUEUES), self._jobs.c.status == _said("PENDING")


def _said(status: str) -> sa.ColumnElement[str]:
    return sa.literal_column(f"'{status}'")


def take_over_logs() -> None:
    """Make the engine log the way we do: its own handler writes exceptions whole, with what they quote."""
    logger = logging.getLogger("dbos")
    logger.handlers.clear()
    logger.propagate = True


def upgrade_engine(database: Database) -> None:
    """Create or migrate the engine's own tables."""
    DBOS.migrate(database.url.render_as_string(hide_password=False))


def engine_config(database: Database, executor_id: str) -> DBOSConfig:
    """Return how the engine works in this process."""
    return DBOSConfig(
        name=APPLICATION,
        system_database_engine=database.forgetful_engine,
        application_version=ENGINE_VERSION,
        executor_id=executor_id,
        serializer=PortableJSON(),
        # They wait for the database and for their turn in the interpreter: more of them cost CPU time.
        max_executor_threads=8,
        log_level=os.environ.get("QALIBRATE_ENGINE_LOG_LEVEL", "ERROR"),
        # Makes no spans of its own, for want of a provider: it only lets ours join the trace of the request.
        enable_otlp=tracing.is_on(),
        run_migrations=True,
    )
