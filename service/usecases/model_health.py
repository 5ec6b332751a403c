"""Whether the model's endpoint answers, without spending a request on it."""

import asyncio
import time
from typing import Literal
from urllib.parse import urlsplit

ModelState = Literal["ok", "away", "not configured"]

OPENAI_URL = "https://api.openai.com/v1"
CONNECT_S = 2.0
REMEMBER_S = 10.0


class ModelHealth:
    """Opens a connection to the endpoint now and then; the answer is remembered in between."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._state: ModelState = "ok"
        self._known_at = float("-inf")

    async def state(self) -> ModelState:
        """Return `ok` when a connection could be opened within the last seconds, else `away`."""
        if time.monotonic() - self._known_at > REMEMBER_S:
            self._state = "ok" if await self._connects() else "away"
            self._known_at = time.monotonic()
        return self._state

    async def _connects(self) -> bool:
        try:
            async with asyncio.timeout(CONNECT_S):
                _, writer = await asyncio.open_connection(self._host, self._port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True
