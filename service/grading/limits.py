"""How much is asked of one model at a time: requests in flight, requests and tokens per minute, and the
pauses that its server asks for.

Whoever wants to ask takes a place in one queue and is served in that order. One gate may be shared by several
event loops, each in a thread of its own: its state is guarded by a lock that is never held across a wait.

Waiting here is nobody's work: it stops the clock of every `work_time` that it happens in.
"""

import asyncio
import math
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass

LONGEST_PAUSE_S = 60.0
"""A server may hold everybody back for so long; after that one request finds out whether it is still busy."""

_BURST = 0.1
# A wake-up can get lost when an event loop is ended by force; this is how late its neighbours notice.
_LOOK_AGAIN_S = 1.0
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process asks of one model at most; None is no limit. `concurrency` is requests in flight."""

    concurrency: int = 32
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


class Bucket:
    """A token bucket. `now` is monotonic, in seconds.

    A tenth of a minute's amount may be taken at once, and the rest flows in at a rate that keeps any 60
    seconds within `per_minute`. What is larger than that tenth is given when the bucket is full and leaves a
    debt, so that every amount can be had; the one that does so may be the one that goes over.
    """

    def __init__(self, per_minute: float, now: float) -> None:
        self._capacity = max(1.0, _BURST * per_minute)
        self._per_s = (per_minute - self._capacity + 1) / 60
        self._level = self._capacity
        self._at = now

    def wait_s(self, amount: float, now: float) -> float:
        """Return how long it takes until `amount` can be had."""
        self._level = min(self._capacity, self._level + max(now - self._at, 0.0) * self._per_s)
        self._at = max(now, self._at)
        missing = min(amount, self._capacity) - self._level
        return missing / self._per_s if missing > _ROUNDING else 0.0

    def take(self, amount: float) -> None:
        """Take `amount`, or give it back when it is negative."""
        self._level = min(self._capacity, self._level - amount)


class WorkTime:
    """What is left of a time limit, in seconds, while its clock is stopped and goes on again."""

    def __init__(self, seconds: float) -> None:
        """Begin to count; needs a running event loop and belongs to it."""
        self._clock = asyncio.get_running_loop().time
        self._seconds = seconds
        self._ends = self._clock() + seconds
        self._stopped_at = 0.0
        self._stops = 0
        self.timeout = asyncio.timeout_at(self._ends)
        """Cancels the work when its time is over."""

    def allows(self, seconds: float, after_s: float = 0.0) -> bool:
        """Whether so much is left in `after_s`. Half of the whole limit is always enough."""
        now = self._stopped_at if self._stops else self._clock()
        return self._ends - now - after_s >= min(seconds, self._seconds / 2)

    def stop(self) -> None:
        """Stop the clock until `go_on` was called as often."""
        self._stops += 1
        if self._stops == 1:
            self._stopped_at = self._clock()
            self._reschedule(None)

    def go_on(self) -> None:
        """Let the clock go on."""
        self._stops -= 1
        if self._stops == 0:
            self._ends += self._clock() - self._stopped_at
            self._reschedule(self._ends)

    def _reschedule(self, when: float | None) -> None:
        # The time may be over, or the work done, while somebody is still on the way out of the queue.
        with suppress(RuntimeError):
            self.timeout.reschedule(when)


_WORK: ContextVar[tuple[WorkTime, ...]] = ContextVar("work", default=())


@asynccontextmanager
async def work_time(seconds: float) -> AsyncIterator[None]:
    """Bound what is done inside. Raises TimeoutError when it took longer, without the time that it, or any
    task started by it, waited at a gate.
    """
    work = WorkTime(seconds)
    before = _WORK.set((*_WORK.get(), work))
    try:
        async with work.timeout:
            yield
    finally:
        _WORK.reset(before)


def time_allows(seconds: float, after_s: float = 0.0) -> bool:
    """Whether every `work_time` around this leaves so many seconds, or half of its own, in `after_s`."""
    return all(work.allows(seconds, after_s) for work in _WORK.get())


@contextmanager
def _clocks_stopped() -> Iterator[None]:
    clocks = _WORK.get()
    for work in clocks:
        work.stop()
    try:
        yield
    finally:
        for work in clocks:
            work.go_on()


class NoRoom(Exception):
    """Nobody was let in within the time that one may wait at the gate. `paused` when its server keeps asking
    for pauses, so that it is not our limits alone.
    """

    def __init__(self, *, paused: bool) -> None:
        super().__init__()
        self.paused = paused


class Place:
    """Leave to send one request. Set `worked` when the server took it, and `tokens` to what it cost."""

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens
        self.worked = False


class Gate:
    """Lets requests to one model through, first come, first served.

    After a pause that the server asked for, one request goes first; each that works doubles how many may
    follow. So a busy server meets one request of a fleet, not all of it, and the others keep their attempts.
    """

    def __init__(self, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits or Limits()
        self._clock = clock
        self._requests = self._bucket(self.limits.requests_per_minute)
        self._tokens = self._bucket(self.limits.tokens_per_minute)
        self._in_flight = 0
        self._window = self.limits.concurrency
        self._closed_until = -math.inf
        self._queue: deque[_Waiter] = deque()
        self._lock = threading.Lock()

    @asynccontextmanager
    async def place(self, tokens: int = 0, wait_s: float | None = None) -> AsyncIterator[Place]:
        """Wait for a place for a request of about `tokens` tokens and hold it; whoever is cancelled frees it.

        Raises NoRoom after `wait_s` seconds in the queue; None waits as long as it takes.
        """
        with _clocks_stopped():
            await self._wait(tokens, wait_s)
        place = Place(tokens)
        try:
            yield place
        finally:
            self._leave(place, reserved=tokens)

    def pause(self, seconds: float) -> None:
        """Let nobody through for so long, at most LONGEST_PAUSE_S, and then one request first."""
        with self._lock:
            until = self._clock() + min(seconds, LONGEST_PAUSE_S)
            self._closed_until = max(self._closed_until, until)
            self._window = 1

    def _bucket(self, per_minute: int | None) -> Bucket | None:
        return None if per_minute is None else Bucket(per_minute, self._clock())

    async def _wait(self, tokens: int, wait_s: float | None) -> None:
        try:
            async with asyncio.timeout(wait_s):
                await self._enter(tokens)
        except TimeoutError:
            raise NoRoom(paused=self._window < self.limits.concurrency) from None

    async def _enter(self, tokens: int) -> None:
        waiter = _Waiter(tokens)
        with self._lock:
            self._queue.append(waiter)
        try:
            while (delay := self._admit(waiter)) > 0:
                await waiter.sleep(delay)
        except BaseException:
            with self._lock, suppress(ValueError):
                self._queue.remove(waiter)
                self._wake_next()
            raise

    def _admit(self, waiter: "_Waiter") -> float:
        """Let `waiter` in and return 0, or return after how many seconds it should look again."""
        with self._lock:
            delay = self._delay(waiter)
            if delay > 0:
                return delay
            self._queue.popleft()
            self._in_flight += 1
            for bucket, amount in self._buckets(waiter.tokens):
                bucket.take(amount)
            self._wake_next()
            return 0.0

    def _delay(self, waiter: "_Waiter") -> float:
        if self._queue[0] is not waiter or self._in_flight >= self._window:
            return math.inf
        now = self._clock()
        waits = [bucket.wait_s(amount, now) for bucket, amount in self._buckets(waiter.tokens)]
        return max(self._closed_until - now, *waits, 0.0)

    def _buckets(self, tokens: int) -> list[tuple[Bucket, float]]:
        both = ((self._requests, 1), (self._tokens, tokens))
        return [(bucket, amount) for bucket, amount in both if bucket is not None]

    def _leave(self, place: Place, reserved: int) -> None:
        with self._lock:
            self._in_flight -= 1
            if self._tokens is not None:
                self._tokens.take(place.tokens - reserved)
            if place.worked:
                self._window = min(2 * self._window, self.limits.concurrency)
            self._wake_next()

    def _wake_next(self) -> None:
        """Tell the first in the queue to look; one whose event loop is gone will never come."""
        while self._queue and not self._queue[0].wake():
            self._queue.popleft()


class _Waiter:
    """Somebody in the queue, asleep until woken."""

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait for `wake`, at most so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, _LOOK_AGAIN_S)):
                await self._woken.wait()
        self._woken.clear()

    def wake(self) -> bool:
        """Wake it from whatever thread; False when its event loop is closed."""
        try:
            self._loop.call_soon_threadsafe(self._woken.set)
        except RuntimeError:
            return False
        return True
