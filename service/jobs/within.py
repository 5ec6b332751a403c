"""Waits for a thread no longer than one wants to: for what may never come back."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress


async def within(seconds: float, do: Callable[[], object]) -> bool:
    """Do it in a thread of its own; return whether it was done within so many seconds, with whatever result.

    The thread does not keep the process from ending.
    """
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def work() -> None:
        with suppress(Exception):
            do()
        # The loop may be gone by then.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=work, daemon=True, name="within-time").start()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await ended.wait()
    return ended.is_set()
