"""One log line for each request."""

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.deps import KEY_IN_SCOPE

log = structlog.get_logger(__name__)


class RequestLog:
    """ASGI middleware that logs method, route, the id of the key, status and time.

    The route is logged by its template: paths and queries hold whatever callers put there.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            log.info(
                "request",
                method=scope["method"],
                route=getattr(scope.get("route"), "path", "unknown"),
                key=getattr(scope.get(KEY_IN_SCOPE), "id", None),
                status=status,
                ms=round(1000 * (time.perf_counter() - started), 1),
            )
