"""Runs an async function over a stream of items: bounded, in order, with progress."""

import asyncio
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_END: Any = object()
T = TypeVar("T")
R = TypeVar("R")

# Where standard error is no terminal, a line now and then is enough.
LINE_EVERY = 50


async def in_order(
    function: Callable[[T], Awaitable[R]], items: Iterable[T], at_once: int
) -> AsyncIterator[tuple[T, R]]:
    """Yield (item, result) in the order of `items`, with at most `at_once` of them under way."""
    under_way: deque[tuple[T, asyncio.Task[R]]] = deque()
    try:
        remaining = iter(items)
        # In a thread: a slow writer at the other end of standard input must not hold up what is under way.
        while (item := await asyncio.to_thread(next, remaining, _END)) is not _END:
            under_way.append((item, asyncio.ensure_future(function(item))))
            if len(under_way) >= at_once:
                first, task = under_way.popleft()
                yield first, await task
        while under_way:
            first, task = under_way.popleft()
            yield first, await task
    finally:
        for _, task in under_way:
            task.cancel()


class Counter:
    """Shows on standard error how many are done: a spinner on a terminal, else a line now and then.

    `note` is asked each time for what else there is to say, such as the cost so far.
    """

    def __init__(self, what: str, total: int | None = None, note: Callable[[], str] = str) -> None:
        self._what = what
        self._note = note
        self._of = "" if total is None else f"/{total}"
        self._done = 0
        self._progress: Progress | None = None
        if sys.stderr.isatty():
            said = TextColumn("{task.fields[note]}")
            columns = (SpinnerColumn(), TextColumn(what), MofNCompleteColumn(), TimeElapsedColumn(), said)
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._progress.add_task(what, total=total, note="")

    def __enter__(self) -> "Counter":
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._progress is not None:
            self._progress.stop()
        elif self._done >= LINE_EVERY:
            sys.stderr.write(f"{self._what}: {self._done} done\n")

    def advance(self, by: int = 1) -> None:
        """Count one more, or several."""
        lines = self._done // LINE_EVERY
        self._done += by
        if self._progress is not None:
            self._progress.update(self._task, advance=by, note=self._note())
        elif self._done // LINE_EVERY > lines:
            more = f", {said}" if (said := self._note()) else ""
            sys.stderr.write(f"{self._what}: {self._done}{self._of}{more}\n")
