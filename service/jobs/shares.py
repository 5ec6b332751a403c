"""Shares a queue between tenants: who put in ten thousand jobs does not keep the one of another waiting."""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

# Where the front of a queue is, is asked at most so often; what is put in meanwhile stands a little further
# ahead than it should.
GLANCE_S = 0.25


class Lane(NamedTuple):
    """A range of priority numbers, lowest first, that one kind of job has in a queue."""

    first: int
    end: int


INTERACTIVE = Lane(1, 1_000_000_000)
BATCH = Lane(1_000_000_000, 2_000_000_000)


class Shares:
    """Gives the jobs of one lane numbers by start-time fair queueing (Goyal, Vin and Cheng, 1996).

    A tenant's jobs get consecutive numbers, which begin at the front of the queue for a tenant that has none
    in it. So the first jobs of all tenants come first, then their second ones. Each process numbers what it
    takes in itself; only the front is common to all.
    """

    def __init__(self, lane: Lane, clock: Callable[[], float] = time.monotonic) -> None:
        self._lane = lane
        self._clock = clock
        self._front = lane.first
        self._glanced_at = float("-inf")
        self._last: dict[str, int] = {}
        self._lock = threading.Lock()

    def number(
        self, tenant: str, front: Callable[[], int | None], waiting: Callable[[], int] = lambda: 0
    ) -> int:
        """Return the number of a tenant's next job.

        `front` gives the lowest number that waits, None in an empty queue. `waiting` says how many jobs of a
        tenant that this process has not met before stand in a queue that is not empty.
        """
        if self._clock() - self._glanced_at > GLANCE_S:
            self._glance(front())
        with self._lock:
            known = tenant in self._last
        # Asked outside of the lock; two who do so at once only number the first jobs alike.
        start = 0 if known or self._front == self._lane.first else waiting()
        with self._lock:
            after = self._last.get(tenant, self._front + start - 1) + 1
            number = min(max(after, self._front), self._lane.end - 1)
            self._last[tenant] = number
            return number

    def _glance(self, front: int | None) -> None:
        with self._lock:
            self._glanced_at = self._clock()
            if front is None:
                # Nobody waits: numbers start anew, so that they never run out.
                self._front = self._lane.first
                self._last.clear()
                return
            self._front = front
            # Who has nothing left in the queue is forgotten: their next job starts at its front.
            self._last = {tenant: last for tenant, last in self._last.items() if last >= front}
