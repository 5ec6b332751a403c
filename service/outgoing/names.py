"""What addresses a name stands for."""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

from service.domain.callback import Address

LOOK_UPS = 32
"""So many names are looked up at once. Whoever owns a name decides how long that takes, so that it must not
happen in the threads that everything else needs.
"""


class SystemNames:
    """Asks the machine's own resolver."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOK_UPS, thread_name_prefix="look-up")

    async def __call__(self, host: str) -> Sequence[Address]:
        """Return the addresses of a name, the preferred one first. Raises OSError when it has none."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _look_up, host)

    def close(self) -> None:
        """Wait for nobody."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError("not a name") from None
    # An address may come once for each kind of socket, and with the network it is in.
    texts = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
    return [ip_address(text) for text in texts]
