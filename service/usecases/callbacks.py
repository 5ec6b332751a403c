"""Refuses callback URLs that webhooks must not go to, when they are given."""

import asyncio
import time
from ipaddress import ip_address

from service.domain.callback import Address, BadCallback, Resolver, check_address, read_callback
from service.domain.errors import FieldProblem, InvalidInput

LOOK_UP_S = 2.0
"""A name that cannot be looked up so fast is taken for now; it is checked again when there is something to
send.
"""

KNOWN_FOR_S = 60.0
MOST_KNOWN = 1000


class CheckCallback:
    """Checks where a callback URL leads to. What is behind a name may change: delivering checks it again."""

    def __init__(self, resolve: Resolver, *, private: bool, look_up_s: float = LOOK_UP_S) -> None:
        """Make one; `private` allows every address, and then no name is looked up."""
        self._resolve = resolve
        self._private = private
        self._look_up_s = look_up_s
        # A batch has one receiver and a hundred thousand lines.
        self._known: dict[str, tuple[float, str]] = {}

    async def __call__(self, url: str) -> None:
        """Raise InvalidInput with the pointer `/callback_url` when webhooks must not go there."""
        try:
            host = read_callback(url, private=self._private).hostname or ""
            if not self._private and not _is_address(host):
                await self._check_name(host)
        except BadCallback as error:
            raise InvalidInput([FieldProblem("/callback_url", str(error))]) from None

    async def _check_name(self, host: str) -> None:
        known_until, problem = self._known.get(host, (0.0, ""))
        if known_until < time.monotonic():
            problem = await self._problem(host)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[host] = time.monotonic() + KNOWN_FOR_S, problem
        if problem:
            raise BadCallback(problem)

    async def _problem(self, host: str) -> str:
        addresses: list[Address] = []
        try:
            async with asyncio.timeout(self._look_up_s):
                addresses = list(await self._resolve(host))
        except OSError:
            return ""
        try:
            for address in addresses:
                check_address(address)
        except BadCallback as error:
            return str(error)
        return ""


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
