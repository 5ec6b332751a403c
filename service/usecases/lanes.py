"""Keeps one slow receiver of webhooks from taking all the places of a process."""

import asyncio
import time

ABREAST = 16
"""Requests to one receiver under way at once."""

PATIENCE_S = 1.0
"""How long a place at a receiver is waited for here; after that the delivery is put back."""

SOONEST_S = 1.0
LATEST_S = 60.0
"""When a delivery that was put back is looked at again."""

_WEIGHT = 0.2
"""Of the newest request, in the mean of what requests take."""


class Lane:
    """The places at one receiver."""

    def __init__(self, abreast: int) -> None:
        self._abreast = abreast
        self._places = asyncio.Semaphore(abreast)
        self._inside = 0
        self._mean_s = 0.0
        self._taken_until = 0.0

    @property
    def is_idle(self) -> bool:
        """Whether nobody is here, waits here or was sent away until later."""
        return self._inside == 0 and self._taken_until < time.monotonic()

    async def enter(self, patience_s: float) -> float | None:
        """Take a place and return None, or the seconds after which to come back where none gets free."""
        self._inside += 1
        entered = False
        try:
            async with asyncio.timeout(patience_s):
                entered = await self._places.acquire()
        except TimeoutError:
            return self._turn()
        finally:
            self._inside -= not entered
        return None

    def leave(self, took_s: float) -> None:
        """Give the place back after so many seconds."""
        self._places.release()
        self._inside -= 1
        self._mean_s += _WEIGHT * (took_s - self._mean_s)

    def _turn(self) -> float:
        """Give those who come back turns as far apart as places get free: all at once they would only be
        sent away again.
        """
        now = time.monotonic()
        apart = max(self._mean_s, PATIENCE_S) / self._abreast
        self._taken_until = min(max(self._taken_until, now + SOONEST_S) + apart, now + LATEST_S)
        return self._taken_until - now


class Lanes:
    """A lane for each receiver that is being asked."""

    def __init__(self, abreast: int = ABREAST, patience_s: float = PATIENCE_S) -> None:
        self._abreast = abreast
        self._patience_s = patience_s
        self._lanes: dict[str, Lane] = {}

    async def enter(self, receiver: str) -> float | None:
        """Take a place at a receiver and return None, or the seconds after which to come back."""
        lane = self._lanes.setdefault(receiver, Lane(self._abreast))
        wait_s = await lane.enter(self._patience_s)
        if wait_s is not None:
            self._forget_idle()
        return wait_s

    def leave(self, receiver: str, took_s: float) -> None:
        """Give a place back after so many seconds."""
        self._lanes[receiver].leave(took_s)
        self._forget_idle()

    def _forget_idle(self) -> None:
        for receiver in [name for name, lane in self._lanes.items() if lane.is_idle]:
            del self._lanes[receiver]
