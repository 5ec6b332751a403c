"""Reading evaluations and waiting for them."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from service.domain.errors import NotFound
from service.domain.evaluation import Evaluation
from service.domain.submission import EvaluationFilter
from service.storage.database import Database
from service.usecases.cursors import cursor_of, read_cursor

# For results of other processes; those of this one are told at once.
POLL_S = 0.2


class Page(NamedTuple):
    """Part of a list, and where the next part starts (None at the end)."""

    items: Sequence[Evaluation]
    next_cursor: str | None


class Evaluations:
    """The evaluations of a tenant, for reading."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, tenant: str, evaluation_id: str, *, turns: bool = False) -> Evaluation:
        """Return one evaluation, with its redacted turns when asked for. Raises NotFound."""
        with self._database.begin(tenant) as tx:
            evaluation = tx.evaluations.get(evaluation_id, turns=turns)
        if evaluation is None:
            raise NotFound("evaluation", evaluation_id)
        return evaluation

    def list(self, tenant: str, wanted: EvaluationFilter, cursor: str | None, limit: int) -> Page:
        """Return a page of evaluations, newest first. Raises InvalidInput for a cursor that is not ours."""
        after = read_cursor(cursor) if cursor else None
        with self._database.begin(tenant) as tx:
            found = tx.evaluations.list(wanted, after, limit + 1)
        more = len(found) > limit
        return Page(
            found[:limit], cursor_of(found[limit - 1].created_at, found[limit - 1].id) if more else None
        )


class Completions:
    """Lets many requests wait for evaluations: told by the worker of this process, or else by asking the
    database for all of them at once.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[str, list[asyncio.Future[Evaluation | None]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._poller: asyncio.Task[None] | None = None

    async def wait(self, tenant: str, evaluation_id: str, seconds: float) -> Evaluation | None:
        """Return the evaluation as soon as it is final, None after `seconds`."""
        self._loop = asyncio.get_running_loop()
        done: asyncio.Future[Evaluation | None] = self._loop.create_future()
        self._waiting.setdefault(evaluation_id, []).append(done)
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        try:
            async with asyncio.timeout(seconds):
                told = await done
        except TimeoutError:
            return None
        finally:
            self._forget(evaluation_id, done)
        return told or await asyncio.to_thread(self._read, tenant, evaluation_id)

    def tell(self, evaluation_id: str, evaluation: Evaluation | None = None) -> None:
        """Wake those who wait for this evaluation, and tell them the result; may be called from any thread.

        Without the result they read it.
        """
        if self._loop is not None and evaluation_id in self._waiting:
            self._loop.call_soon_threadsafe(self._wake, evaluation_id, evaluation)

    def _wake(self, evaluation_id: str, evaluation: Evaluation | None = None) -> None:
        for done in self._waiting.pop(evaluation_id, []):
            if not done.done():
                done.set_result(evaluation)

    def _read(self, tenant: str, evaluation_id: str) -> Evaluation | None:
        with self._database.begin(tenant) as tx:
            return tx.evaluations.get(evaluation_id)

    def _forget(self, evaluation_id: str, done: asyncio.Future[Evaluation | None]) -> None:
        events = self._waiting.get(evaluation_id, [])
        if done in events:
            events.remove(done)
        if not events:
            self._waiting.pop(evaluation_id, None)

    async def _poll(self) -> None:
        while self._waiting:
            await asyncio.sleep(POLL_S)
            # A database that is away ends the poller: the waiters time out, the next one starts it again.
            for evaluation_id in await asyncio.to_thread(self._final_among, list(self._waiting)):
                self._wake(evaluation_id)

    def _final_among(self, ids: list[str]) -> set[str]:
        with self._database.begin("") as tx:
            return tx.evaluations.final_among(ids)
