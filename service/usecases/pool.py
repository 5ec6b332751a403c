"""CPU-bound work away from the event loop, in processes that are replaced when they die or take too long."""

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast

from service.domain.errors import RedactionTooSlow, Unavailable

P = ParamSpec("P")
R = TypeVar("R")

# A process may be killed for lack of memory that others took.
TRIES = 3

# Of how long work usually takes the last pieces say the most.
REMEMBERED_SHARE = 0.05


class WorkPool:
    """Runs importable functions in `processes` worker processes, or in a thread when that is 0.

    Each process is driven by a thread of its own: one that dies or hangs takes none of its neighbours along.
    """

    def __init__(self, processes: int, timeout_s: float | None = None) -> None:
        """Make a pool; one piece of work may take `timeout_s`, waiting for a process aside."""
        self._processes = processes
        self._timeout_s = timeout_s
        self.worked_s: defaultdict[str, float] = defaultdict(float)
        """Seconds that each function took so far by its name, the way and waiting for a process aside."""
        self._drivers = ThreadPoolExecutor(max(processes, 1), thread_name_prefix="work-pool")
        self._waiting = 0
        self._usual_s = 0.0
        self._own = threading.local()
        self._alive: set[_Process] = set()
        self._lock = threading.Lock()
        self._closed = False

    async def run(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what `function` returns; what it raises is raised here.

        Raises RedactionTooSlow when the time is over, and ends the process; a thread cannot be ended and
        goes on. A process that dies is replaced and the work tried again; raises Unavailable when that keeps
        happening.
        """
        work = partial(function, *args, **kwargs)
        if self._processes == 0:
            return await self._in_thread(work)
        with self._lock:
            self._waiting += 1
        driven = self._drivers.submit(self._begin, work)
        driven.add_done_callback(self._forget_cancelled)
        return cast("R", await asyncio.wrap_future(driven))

    @property
    def waiting(self) -> int:
        """How many pieces of work wait for a process."""
        return self._waiting

    @property
    def backlog_s(self) -> float:
        """How many seconds what waits for a process will keep all of them busy, going by what work took."""
        return self._waiting * self._usual_s / max(self._processes, 1)

    def close(self) -> None:
        """End the processes, whatever they do; work that has not started is dropped."""
        with self._lock:
            self._closed = True
            for process in self._alive:
                process.kill()
        self._drivers.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: partial[R]) -> R:
        limit = asyncio.timeout(self._timeout_s)
        try:
            async with limit:
                done, value, seconds = await asyncio.to_thread(_tried, work)
        except TimeoutError:
            if limit.expired():
                raise RedactionTooSlow(self._timeout_s or 0) from None
            raise
        return cast("R", self._result(work, _Answer(done, value, seconds)))

    def _forget_cancelled(self, driven: "Future[Any]") -> None:
        if driven.cancelled():
            with self._lock:
                self._waiting -= 1

    def _begin(self, work: partial[Any]) -> Any:
        with self._lock:
            self._waiting -= 1
        return self._drive(work)

    def _drive(self, work: partial[Any]) -> Any:
        for _ in range(TRIES):
            process = self._process()
            try:
                return self._result(work, process.call(work, self._timeout_s))
            except _Silent:
                self._end(process)
                raise RedactionTooSlow(self._timeout_s or 0) from None
            except _Died:
                self._end(process)
        raise Unavailable(f"the process that redacts died {TRIES} times over this; is there enough memory?")

    def _result(self, work: partial[Any], answer: "_Answer") -> Any:
        with self._lock:
            self.worked_s[getattr(work.func, "__name__", "")] += answer.seconds
            self._usual_s += REMEMBERED_SHARE * (answer.seconds - self._usual_s)
        if answer.done:
            return answer.value
        raise answer.value

    def _process(self) -> "_Process":
        """Return the process of this thread, a new one where there is none."""
        process: _Process | None = getattr(self._own, "process", None)
        if process is None:
            with self._lock:
                if self._closed:
                    raise Unavailable("the service is stopping")
                process = self._own.process = _Process()
                self._alive.add(process)
        return process

    def _end(self, process: "_Process") -> None:
        process.kill()
        self._own.process = None
        with self._lock:
            self._alive.discard(process)


class _Answer(NamedTuple):
    """What a function returned, or raised when it is not `done`, and how many seconds it took."""

    done: bool
    value: Any
    seconds: float


class _Died(Exception):
    """The process ended before it answered."""


class _Silent(Exception):
    """The process did not answer in time."""


class _Process:
    """One worker process, and the pipe to it."""

    def __init__(self) -> None:
        # One thread each: the processes share the cores already, and small matrices gain nothing from more.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        # Not fork: the service runs threads, and a forked child would inherit their locks.
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._ready = False

    def call(self, work: Callable[[], Any], timeout_s: float | None) -> _Answer:
        """Return what comes of `work` there. Raises _Silent after `timeout_s`, and _Died."""
        try:
            if not self._ready:
                # Starting takes a second or two, which is not the work's fault.
                self._ready = bool(self._pipe.recv())
            self._pipe.send(work)
            if not self._pipe.poll(timeout_s):
                raise _Silent
            return _Answer(*self._pipe.recv())
        except (EOFError, OSError):
            raise _Died from None

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()


def _serve(pipe: Connection) -> None:
    """Work off what comes through the pipe, until nobody is at its other end."""
    _end_with_parent()
    # An interrupt at the terminal is for the service, which ends its processes itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe.send(True)
    while True:
        outcome = _outcome(pipe)
        try:
            pipe.send(outcome)
        except OSError:
            sys.exit()
        except Exception as error:
            problem = TypeError(f"what came out cannot be sent back ({type(error).__name__})")
            pipe.send((False, problem, 0.0))


def _outcome(pipe: Connection) -> tuple[bool, Any, float]:
    try:
        work = pipe.recv()
    except EOFError:
        sys.exit()
    except Exception as error:
        return False, error, 0.0
    return _tried(work)


def _tried(work: Callable[[], Any]) -> tuple[bool, Any, float]:
    """Return whether `work` came to its end, what it returned or raised, and how many seconds it took."""
    started = time.perf_counter()
    try:
        value, done = work(), True
    except Exception as error:
        value, done = error, False
    return done, value, time.perf_counter() - started


def _end_with_parent() -> None:
    """End this process, even in the middle of its work, when the one that started it is killed."""
    parent = multiprocessing.parent_process()

    def wait_and_end() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait_and_end, daemon=True).start()
