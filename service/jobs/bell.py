"""Has the engine look for jobs at once, where it would look only now and then."""

import inspect
import threading
import time

from dbos import _queue as engine_queue

# Looking once for what many requests put in at nearly the same moment is cheaper than looking for each.
LOOKS_APART_S = 0.02


class Bell(threading.Event):
    """The event that ends the thread in which the engine looks for jobs; ringing it makes it look at once.

    The thread waits for this event, with a time limit, between two looks.
    """

    def __init__(self) -> None:
        super().__init__()
        self._rung = threading.Event()
        self._looked_at = float("-inf")

    def ring(self) -> None:
        """Have a look taken now; may be called from any thread."""
        self._rung.set()

    def set(self) -> None:
        """End the thread."""
        super().set()
        self._rung.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it rings, for `timeout` seconds at most; return whether the thread is to end."""
        if self._rung.wait(timeout):
            super().wait(max(0.0, self._looked_at + LOOKS_APART_S - time.monotonic()))
        # Cleared before the look: what is committed from here on rings again.
        self._rung.clear()
        self._looked_at = time.monotonic()
        return self.is_set()


def can_be_woken() -> bool:
    """Return whether the engine's look for jobs is as we know it, a function of an event to wait for.

    It is not part of what the engine promises; where it is gone, the engine looks for jobs by itself.
    """
    look = getattr(engine_queue, "queue_worker_thread", None)
    return look is not None and list(inspect.signature(look).parameters) == ["stop_event", "dbos", "queue"]
