"""CPU-bound work away from the event loop, in processes that are replaced when they die."""

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from service.domain.errors import Unavailable

P = ParamSpec("P")
R = TypeVar("R")

# One conversation that kills its process must not take its neighbours down for good.
TRIES = 3


def _end_with_parent() -> None:
    """End this process when the one that started it is killed: nobody else would."""
    parent = multiprocessing.parent_process()

    def wait_and_end() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait_and_end, daemon=True).start()


class WorkPool:
    """Runs importable functions in `processes` worker processes, or in a thread when that is 0."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._executor: ProcessPoolExecutor | None = None

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what `function` returns; what it raises is raised here.

        A process that dies (killed, out of memory) takes all work under way with it. It is replaced and the
        work tried again; raises Unavailable when that keeps happening.
        """
        if self._processes == 0:
            return await asyncio.to_thread(function, *args, **kwargs)
        for _ in range(TRIES):
            try:
                return await self._submit(function, *args, **kwargs)
            except BrokenProcessPool:
                continue
        raise Unavailable(f"the process that redacts died {TRIES} times over this; is there enough memory?")

    def close(self) -> None:
        """Stop the processes; work that has not started is dropped."""
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None

    async def _submit(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        executor = self._executor or self._start()
        try:
            future = executor.submit(function, *args, **kwargs)
            return await asyncio.wrap_future(future)
        except BrokenProcessPool:
            # Several waiters see the same broken pool; only the first of them may drop it.
            if self._executor is executor:
                self._executor = None
            raise

    def _start(self) -> ProcessPoolExecutor:
        # One thread each: the processes share the cores already, and small matrices gain nothing from more.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        # Not fork: the service runs threads, and a forked child would inherit their locks.
        context = multiprocessing.get_context("spawn")
        # Without max_tasks_per_child: with it, a burst can leave Python 3.11's pool without any process.
        self._executor = ProcessPoolExecutor(
            self._processes, mp_context=context, initializer=_end_with_parent
        )
        return self._executor
