"""A body that is read piece by piece, by somebody who has to know when the caller leaves."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self

from starlette.requests import ClientDisconnect
from starlette.types import Receive

AHEAD = 8
"""Pieces that are read ahead. Behind them the server stops reading, and does not see who leaves."""

LOOK_S = 1.0


class Incoming:
    """Reads a little ahead of whoever takes the pieces: who leaves while nobody takes any is noticed."""

    def __init__(self, receive: Receive, check: Callable[[], None]) -> None:
        """Make it; `check` raises when there is no use in waiting, such as when the process ends."""
        self._receive = receive
        self._check = check
        self._came: asyncio.Queue[bytes | Exception | None] = asyncio.Queue(AHEAD)
        self._left = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to read."""
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """Read no more."""
        if self._reading is not None:
            self._reading.cancel()

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield what comes. Raises ClientDisconnect where it breaks off, TooSlow, and what `check` does."""
        while (piece := await self._next()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def left(self) -> None:
        """Wait until the caller is gone, and raise ClientDisconnect."""
        await self._left.wait()
        raise ClientDisconnect

    async def _next(self) -> bytes | Exception | None:
        while True:
            self._check()
            try:
                async with asyncio.timeout(LOOK_S):
                    return await self._came.get()
            except TimeoutError:
                continue

    async def _read(self) -> None:
        try:
            while (message := await self._receive())["type"] == "http.request":
                if message.get("body"):
                    await self._came.put(message["body"])
                if not message.get("more_body", False):
                    await self._came.put(None)
        except Exception as error:
            # Told where the pieces are taken.
            await self._came.put(error)
            return
        self._left.set()
        await self._came.put(ClientDisconnect())
