"""Commits what comes at the same moment in one transaction: under load a commit is shared by many."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from service.domain.errors import DatabaseAway

W = TypeVar("W")
R = TypeVar("R")


class _Waiting(NamedTuple, Generic[W, R]):
    work: W
    done: asyncio.Future[R]


class Together(Generic[W, R]):
    """Writes pieces of work in groups. Nobody waits for a group to fill: it is whatever came while the one
    before was written, so that a single piece is written at once.
    """

    def __init__(
        self, write: Callable[[Sequence[W]], Sequence[R | Exception]], most: int, writers: int
    ) -> None:
        """Make it; `write` is called in a thread, by `writers` at once, with up to `most` pieces, and returns
        what came of each.
        """
        self._write = write
        self._most = most
        self._writers = writers
        self._writing = 0
        self._waiting: deque[_Waiting[W, R]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, work: W) -> R:
        """Return what came of `work` once it is written; raises what is wrong with it, or with writing."""
        waiting = _Waiting[W, R](work, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writing < self._writers:
            self._writing += 1
            task = asyncio.create_task(self._drain())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await waiting.done

    async def _drain(self) -> None:
        try:
            while self._waiting:
                await self._write_group([self._waiting.popleft() for _ in self._next_ones()])
        finally:
            self._writing -= 1

    def _next_ones(self) -> range:
        return range(min(len(self._waiting), self._most))

    async def _write_group(self, group: Sequence[_Waiting[W, R]]) -> None:
        try:
            outcomes = await asyncio.to_thread(self._write, [one.work for one in group])
        except Exception as error:
            if len(group) == 1 or isinstance(error, DatabaseAway):
                outcomes = [error] * len(group)
            else:
                # What one of them broke the others need not suffer for.
                for one in group:
                    await self._write_group([one])
                return
        for one, outcome in zip(group, outcomes, strict=True):
            _tell(one.done, outcome)


def _tell(done: "asyncio.Future[R]", outcome: R | Exception) -> None:
    """Settle a future, unless whoever waited for it has gone."""
    if done.done():
        return
    if isinstance(outcome, Exception):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)
