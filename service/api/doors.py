"""Who is let in to `/v1`, and how often: asked before anything else of a request is looked at.

No route can be reached around it, whatever it declares: strangers hear 401 about every address below `/v1`,
whether it is there or not.
"""

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problems import problem_of
from service.api.rate_limit import Allowance, RateLimits
from service.deps import KEY_IN_SCOPE, require_bearer
from service.domain.errors import NotAuthenticated, QalibrateError, TooManyRequests
from service.domain.keys import ApiKey
from service.factory import Factory
from service.telemetry.metrics import RATE_LIMITED

FAILURES_PER_MINUTE = 60
"""Keys that let nobody in, from one address. Secrets cannot be guessed; this bounds the work that guessing
makes. A key that this process has let in before is not held up by its neighbours' guesses.
"""


class Doors:
    """ASGI middleware that authenticates what goes to `/v1` and holds every key to its rate."""

    def __init__(self, app: ASGIApp, factory: Factory) -> None:
        self._app = app
        self._factory = factory
        self._requests = RateLimits()
        self._failures = RateLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        try:
            key = await self._key_of(scope)
        except QalibrateError as error:
            await problem_of(error)(scope, receive, send)
            return
        scope[KEY_IN_SCOPE] = key
        await self._within_rate(key, scope, receive, send)

    async def _key_of(self, scope: Scope) -> ApiKey:
        secret = require_bearer(Headers(scope=scope).get("authorization"))
        # Without the database and without a thread: most requests come from a key that was here just now.
        return self._factory.keys.remembered(secret) or await self._looked_up(secret, _address(scope))

    async def _looked_up(self, secret: str, address: str) -> ApiKey:
        attempt = self._failures.take(address, FAILURES_PER_MINUTE)
        if attempt.wait_s and not self._factory.keys.was_known(secret):
            raise TooManyRequests("too many unknown API keys came from this address", attempt.wait_s)
        failed = False
        try:
            return await asyncio.to_thread(self._factory.keys.authenticate, secret)
        except NotAuthenticated:
            failed = True
            raise
        finally:
            if not failed and not attempt.wait_s:
                self._failures.give_back(address)

    async def _within_rate(self, key: ApiKey, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._factory.settings.rate_limit if key.rate_limit is None else key.rate_limit
        if not limit:
            await self._app(scope, receive, send)
            return
        allowance = self._requests.take(key.id, limit)
        app: ASGIApp = self._app
        if allowance.wait_s:
            RATE_LIMITED.inc()
            detail = f"this key may send {limit:,} requests a minute"
            app = problem_of(TooManyRequests(detail, allowance.wait_s))
        await app(scope, receive, _telling(send, allowance))


def _address(scope: Scope) -> str:
    """Return where the connection comes from. A header counts only where the server was told to believe it
    (QALIBRATE_TRUSTED_PROXIES): anybody can write one.
    """
    client = scope.get("client")
    return client[0] if client else ""


def _telling(send: Send, allowance: Allowance) -> Send:
    async def telling(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).raw.extend(allowance.headers)
        await send(message)

    return telling
