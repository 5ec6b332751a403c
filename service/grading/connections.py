"""Connections to a model's server, in pools that stay small however many requests are under way."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2
from openai import AsyncOpenAI

FEW = 16
"""Requests at once in one pool. A pool looks at each of its connections whenever a request begins and ends,
so that with 500 in one pool that took longer than all else about a request.
"""

MakeClient = Callable[[ssl.SSLContext], AsyncOpenAI]


@dataclass
class _Pool:
    client: AsyncOpenAI
    under_way: int = 0


class Connections:
    """Clients that all ask the same server, one more whenever those there are have their hands full."""

    def __init__(self, make: MakeClient) -> None:
        self._make = make
        self._pools: list[_Pool] = []
        # To read the certificates of this machine takes longer than a request.
        self._trusted = httpx2.create_ssl_context()

    @contextmanager
    def client(self) -> Iterator[AsyncOpenAI]:
        """Lend a client for one request. The first ones come first, so that connections are used again."""
        pool = next((pool for pool in self._pools if pool.under_way < FEW), None)
        if pool is None:
            pool = _Pool(self._make(self._trusted))
            self._pools.append(pool)
        pool.under_way += 1
        try:
            yield pool.client
        finally:
            pool.under_way -= 1

    async def aclose(self) -> None:
        """Close every connection."""
        for pool in self._pools:
            await pool.client.close()
