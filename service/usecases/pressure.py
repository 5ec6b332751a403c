"""Says no in time: before the queue is too long, the disk is full or redaction is far behind."""

import asyncio
import math
import shutil
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from service.domain.counting import counted
from service.domain.errors import QalibrateError, TooBusy, Unavailable
from service.storage.database import Database

# A glance at the disk and the queue is shared by all submissions of so long.
GLANCE_S = 1.0
# Whatever waits for a process that redacts may take so long; what comes then would wait in vain.
MOST_BACKLOG_S = 60.0
# A queue that was full is asked for again when a twentieth of it has gone.
SPARE = 0.05
LEAST_PAUSE_S, UNKNOWN_PAUSE_S, MOST_PAUSE_S = 1, 30, 300
FULL_DISK_PAUSE_S = 60
# What is no hurry looks again after so long, whatever a caller would be told.
PATIENT_LOOK_S = 1.0
# Shorter than a batch counts as held by somebody who says nothing.
GIVE_UP_S = 150.0


class Room(NamedTuple):
    """How many evaluations may wait, and how much of the SQLite file's disk has to be free."""

    queued: int
    free_disk_mb: float


class _Glance(NamedTuple):
    at: float
    queued: int
    free_mb: float | None


async def stays() -> None:
    """Wait for a caller to leave who never does."""
    await asyncio.Event().wait()


class Pressure:
    """Tells whether one process can take in more. It looks at most once a second and counts in between."""

    def __init__(
        self,
        database: Database,
        backlog_s: Callable[[], float],
        room: Room,
        free_mb: Callable[[Path], float] | None = None,
    ) -> None:
        """Make it; `backlog_s` says how long redaction is behind, `free_mb` how much room a folder has."""
        self._database = database
        self._backlog_s = backlog_s
        self._room = room
        self._free_mb = free_mb or _free_mb
        self._glance = _Glance(float("-inf"), 0, None)
        self._taken_since = 0
        self._per_s = 0.0
        self._is_stopping = False
        self._lock = threading.Lock()

    def took(self, evaluations: int = 1) -> None:
        """Note that so many evaluations were accepted."""
        self._taken_since += evaluations

    async def check(self, *, redacts: bool = True) -> None:
        """Raise TooBusy when nothing more should be taken in; `redacts`: it would be redacted now."""
        if time.monotonic() - self._glance.at > GLANCE_S and self._lock.acquire(blocking=False):
            try:
                await asyncio.to_thread(self._look)
            finally:
                self._lock.release()
        self._refuse_when_full()
        if redacts:
            self._refuse_when_behind()

    def stop(self) -> None:
        """Let nobody wait for room any more: this process ends. May be called from any thread."""
        self._is_stopping = True

    def refuse_when_stopping(self) -> None:
        """Raise Unavailable when this process ends."""
        if self._is_stopping:
            raise Unavailable("the service is stopping")

    async def wait(
        self,
        *,
        redacts: bool = True,
        left: Callable[[], Awaitable[None]] = stays,
        give_up_s: float = GIVE_UP_S,
    ) -> None:
        """Return as soon as there is room: for who sends much and is in no hurry.

        `left` raises as soon as the caller is gone, and what it raises goes on. Raises TooBusy when there was
        no room for `give_up_s`, Unavailable when the process ends.
        """
        self.refuse_when_stopping()
        gone: asyncio.Future[None] | None = None
        until = time.monotonic() + give_up_s
        try:
            while (busy := await self._why_not(redacts=redacts)) is not None:
                if time.monotonic() >= until:
                    raise busy
                gone = gone or asyncio.ensure_future(left())
                await asyncio.wait([gone], timeout=min(busy.retry_after_s, PATIENT_LOOK_S))
                if gone.done():
                    gone.result()
                self.refuse_when_stopping()
        finally:
            if gone is not None:
                gone.cancel()

    async def _why_not(self, *, redacts: bool) -> TooBusy | None:
        try:
            await self.check(redacts=redacts)
        except TooBusy as busy:
            return busy
        return None

    def _refuse_when_full(self) -> None:
        _, queued, free_mb = self._glance
        if free_mb is not None and free_mb < self._room.free_disk_mb:
            detail = f"the disk that holds the database has {free_mb:.0f} MB left"
            wanted = f"QALIBRATE_MIN_FREE_DISK_MB={self._room.free_disk_mb:g}"
            raise TooBusy(f"{detail}, and {wanted}", FULL_DISK_PAUSE_S)
        queued += self._taken_since
        if queued >= self._room.queued:
            wait = "waits" if queued == 1 else "wait"
            detail = f"about {counted(queued, 'evaluation')} {wait} to be graded"
            raise TooBusy(f"{detail}, and QALIBRATE_MAX_QUEUED={self._room.queued}", self._pause(queued))

    def _refuse_when_behind(self) -> None:
        behind = self._backlog_s()
        if behind > MOST_BACKLOG_S:
            raise TooBusy(f"redaction is {behind:.0f} s behind", _bounded(behind - MOST_BACKLOG_S / 2))

    def _pause(self, queued: int) -> int:
        """Return how long it takes until there is room again, going by how fast the queue was worked off."""
        too_many = queued - (1 - SPARE) * self._room.queued
        wait = too_many / self._per_s if self._per_s > 0 else UNKNOWN_PAUSE_S
        return _bounded(wait)

    def _look(self) -> None:
        now, taken = time.monotonic(), self._taken_since
        try:
            with self._database.begin("") as tx:
                queued = tx.evaluations.count_queued(self._room.queued)
        except QalibrateError:
            # Whoever asks finds out themselves that the database is away, and says so.
            queued = 0
        before, self._taken_since = self._glance, 0
        self._per_s = max(0.0, (before.queued + taken - queued) / (now - before.at))
        self._glance = _Glance(now, queued, self._free())

    def _free(self) -> float | None:
        file = self._database.file
        return None if file is None else self._free_mb(file.absolute().parent)


def _bounded(seconds: float) -> int:
    return min(max(math.ceil(seconds), LEAST_PAUSE_S), MOST_PAUSE_S)


def _free_mb(folder: Path) -> float:
    return shutil.disk_usage(folder).free / 1e6
