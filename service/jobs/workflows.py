"""The workflows themselves, and what the engine has under way in this process."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any, NamedTuple

import structlog
from dbos import DBOS
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

from service.domain.errors import DatabaseAway
from service.jobs.bell import Bell
from service.jobs.engine import GRADING, QUEUES, RULES, WEBHOOKS
from service.usecases.queue import regrade_job

log = structlog.get_logger(__name__)

# The engine counts a job as under way until a moment after the job's own work is done.
FREE_AFTER_S = 0.05

# Jobs that failed because the database was away are tried again for about two hours.
DATABASE_PAUSE_S = 5.0
DATABASE_TRIES = 1440

Assess = Callable[[str], Awaitable[None]]
Deliver = Callable[[str, int], Awaitable[None]]
Regrade = Callable[[str, int], Awaitable[None]]


class _Job(NamedTuple):
    queues: tuple[str, ...]
    task: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop


class Running:
    """What the workflow functions, which the engine finds by name, work with in this process."""

    assess: Assess
    deliver: Deliver
    regrade: Regrade

    def __init__(self) -> None:
        self.places = 0
        """How many jobs of a queue this process takes at a time, at least."""
        self.bells: dict[str, Bell] = {queue: Bell() for queue in QUEUES}
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()

    @property
    def jobs(self) -> set[str]:
        """The ids of the jobs under way."""
        with self._lock:
            return set(self._jobs)

    def ring(self, queue: str) -> None:
        """Have a look taken at a queue now; may be called from any thread."""
        self.bells[queue].ring()

    def ring_all(self) -> None:
        """Have a look taken at every queue now."""
        for queue in QUEUES:
            self.ring(queue)

    def cancel(self, jobs: Collection[str]) -> None:
        """Stop those of `jobs` that are under way here; may be called from any thread."""
        with self._lock:
            stopped = [self._jobs[job] for job in jobs if job in self._jobs]
        for job in stopped:
            job.loop.call_soon_threadsafe(job.task.cancel)

    async def run(self, job_id: str, work: Coroutine[Any, Any, None], queues: tuple[str, ...]) -> None:
        """Do a job of one of `queues`.

        Raises CancelledError when it is stopped: the engine then leaves its row alone.
        """
        loop = asyncio.get_running_loop()
        job = _Job(queues, asyncio.ensure_future(work), loop)
        with self._lock:
            earlier, self._jobs[job_id] = self._jobs.get(job_id), job
        if earlier is not None:
            # It was put back and came to this process again: only this one can end it.
            earlier.loop.call_soon_threadsafe(earlier.task.cancel)
        try:
            await job.task
        finally:
            with self._lock:
                if self._jobs.get(job_id) is job:
                    del self._jobs[job_id]
                same = sum(other.queues == queues for other in self._jobs.values())
            # A worker that had its hands full may have left jobs where they were.
            if 2 * (same + 1) >= self.places:
                for queue in queues:
                    loop.call_later(FREE_AFTER_S, self.ring, queue)


running = Running()


# Workflows without steps: what they do twice has the effect of once, and a step costs two transactions.
@DBOS.workflow(name="grade", max_recovery_attempts=None)
async def _grade(evaluation_id: str) -> None:
    work = _persistently(running.assess, evaluation_id)
    await running.run(evaluation_id, work, (GRADING, RULES))


@DBOS.workflow(name="deliver", max_recovery_attempts=None)
async def _deliver(delivery_id: str, attempt: int) -> None:
    work = _persistently(running.deliver, delivery_id, attempt)
    await running.run(f"{delivery_id}-{attempt}", work, (WEBHOOKS,))


@DBOS.workflow(name="regrade", max_recovery_attempts=None)
async def _regrade(appeal_id: str, attempt: int) -> None:
    work = _persistently(running.regrade, appeal_id, attempt)
    await running.run(regrade_job(appeal_id, attempt), work, (GRADING, RULES))


@retry(
    retry=retry_if_exception_type(DatabaseAway),
    wait=wait_fixed(DATABASE_PAUSE_S),
    stop=stop_after_attempt(DATABASE_TRIES),
    reraise=True,
)
async def _persistently(do: Callable[..., Awaitable[None]], *arguments: Any) -> None:
    await do(*arguments)
