"""Puts jobs into the engine's tables, in an order that is fair."""

import time
from collections.abc import Sequence
from typing import cast

import sqlalchemy as sa
from dbos import DBOSClient, EnqueueOptions
from dbos import DBOSPortableJSONSerializer as PortableJSON

from service.domain.grade import GraderName
from service.domain.submission import Priority
from service.jobs.engine import APPLICATION, ENGINE_VERSION, GRADING, RULES, WEBHOOKS, EngineRows
from service.jobs.gathered import Gathered
from service.jobs.shares import BATCH, INTERACTIVE, Shares
from service.jobs.workflows import running
from service.storage.database import Database
from service.storage.transaction import Transaction
from service.telemetry import tracing
from service.usecases.queue import NewJob, regrade_job

# A transaction that put something in is committed within this time, or never.
COMMITTED_WITHIN_S = 60.0
# A tenant's jobs that were put in by another process, or before a restart, are counted up to here.
MOST_COUNTED = 5_000

_LANES = {"interactive": INTERACTIVE, "batch": BATCH}


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
        self._rows = EngineRows(sqlite=database.is_sqlite)
        self._shares: dict[tuple[str, Priority], Shares] = {}
        self._used_at: dict[str, float] = {}

    def enqueue(
        self,
        tx: Transaction,
        evaluation_id: str,
        priority: Priority = "interactive",
        delay_s: float = 0,
        grader: GraderName = "llm",
    ) -> None:
        """Queue the grading of an evaluation; it is there when, and only when, `tx` commits."""
        queue = GRADING if grader == "llm" else RULES
        options = self._options("grade", queue, evaluation_id, self._number(tx, queue, priority), delay_s)
        self._client.enqueue_in_transaction(tx.connection, options, evaluation_id)

    def enqueue_new(self, tx: Transaction, jobs: Sequence[NewJob]) -> None:
        """Queue the grading of evaluations that never were; they are there when `tx` commits."""
        gathered = Gathered(tx.connection)
        for job in jobs:
            queue = GRADING if job.grader == "llm" else RULES
            number = self._number(tx, queue, job.priority)
            options = self._options("grade", queue, job.evaluation_id, number, 0)
            self._client.enqueue_in_transaction(cast("sa.Connection", gathered), options, job.evaluation_id)
        gathered.send()

    def enqueue_delivery(self, tx: Transaction, delivery_id: str, attempt: int, delay_s: float = 0) -> None:
        """Queue one attempt of a webhook; it is there when, and only when, `tx` commits.

        The same delivery and attempt are queued once, however often this is called.
        """
        number = self._number(tx, WEBHOOKS, "interactive")
        options = self._options("deliver", WEBHOOKS, f"{delivery_id}-{attempt}", number, delay_s)
        self._client.enqueue_in_transaction(tx.connection, options, delivery_id, attempt)

    def enqueue_regrade(
        self,
        tx: Transaction,
        appeal_id: str,
        attempt: int,
        delay_s: float = 0,
        grader: GraderName = "llm",
    ) -> None:
        """Queue an attempt to grade a contested dimension anew; it is there when `tx` commits, and only then.

        The same appeal and attempt are queued once, however often this is called.
        """
        queue = GRADING if grader == "llm" else RULES
        number = self._number(tx, queue, "interactive")
        options = self._options("regrade", queue, regrade_job(appeal_id, attempt), number, delay_s)
        self._client.enqueue_in_transaction(tx.connection, options, appeal_id, attempt)

    def forget(self, tx: Transaction, evaluation_id: str) -> None:
        """Take the job of an evaluation out of the queue, wherever it is; nothing when there is none."""
        self._rows.drop(tx.connection, [evaluation_id])

    def stop(self, evaluation_id: str) -> None:
        """Stop what works on an evaluation in this process; others notice that its job is gone."""
        running.cancel([evaluation_id])

    def tell(self) -> None:
        """Wake the worker of this process, if there is one: a transaction with jobs was committed."""
        now = time.monotonic()
        for queue, used_at in list(self._used_at.items()):
            if now - used_at < COMMITTED_WITHIN_S:
                running.ring(queue)

    def _options(self, workflow: str, queue: str, job: str, number: int, delay_s: float) -> EnqueueOptions:
        options: EnqueueOptions = {
            "workflow_name": workflow,
            "queue_name": queue,
            "workflow_id": job,
            "app_version": ENGINE_VERSION,
            "priority": number,
        }
        if delay_s > 0:
            options["delay_seconds"] = delay_s
        if tracing.is_on():
            # Ids of the trace, nothing else, in the job's row.
            options["otel_context"] = tracing.current()
        self._used_at[queue] = time.monotonic()
        return options

    def _number(self, tx: Transaction, queue: str, priority: Priority) -> int:
        lane = _LANES[priority]
        shares = self._shares.setdefault((queue, priority), Shares(lane))
        return shares.number(
            tx.tenant,
            front=lambda: self._rows.front(tx.connection, queue, *lane),
            waiting=lambda: tx.evaluations.count_waiting(priority, MOST_COUNTED),
        )
