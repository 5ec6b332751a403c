"""What comes in: strict JSON of bounded size, and no query parameters that nobody reads."""

from collections.abc import Callable, Coroutine
from typing import Any

import pydantic_core
from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problems import problem_of
from service.deps import require_bearer
from service.domain.errors import FieldProblem, InvalidInput, TooLarge


class StrictRequest(Request):
    """A request whose JSON may hold no NaN or infinity and is nested no deeper than the parser allows."""

    async def json(self) -> Any:
        """Return the parsed body. Raises InvalidInput with the parser's own words and position."""
        if not hasattr(self, "_json"):
            try:
                self._json = pydantic_core.from_json(await self.body(), allow_inf_nan=False)
            except ValueError as error:
                raise InvalidInput([FieldProblem("", f"the body is not JSON: {error}")]) from None
        return self._json


class StrictRoute(APIRoute):
    """A route that reads its body through StrictRequest and refuses query parameters it does not know."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that FastAPI calls."""
        handler = super().get_route_handler()
        known = {parameter.alias for parameter in self.dependant.query_params}

        async def strict(request: Request) -> Response:
            if request.url.path.startswith("/v1/"):
                require_bearer(request.headers.get("authorization"))
            _check_query(request, known)
            strict_request = StrictRequest(request.scope, request.receive)
            if self.body_field is not None:
                check_media_type(request, "application/json")
                # Read here, because FastAPI would turn what goes wrong later into a 400 without a reason.
                await strict_request.json()
            return await handler(strict_request)

        return strict


def _check_query(request: Request, known: set[str]) -> None:
    """A misspelt filter that is ignored would show everything; better to say so."""
    given = [*request.query_params.values(), *request.path_params.values()]
    if any("\0" in str(value) for value in given):
        raise InvalidInput([FieldProblem("", "the address holds a NUL character")])
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        names = ", ".join(sorted(known)) or "none"
        raise InvalidInput(
            [FieldProblem(f"/{name}", f"no such parameter; known are: {names}") for name in unknown]
        )


def check_media_type(request: Request, *allowed: str) -> None:
    """Answer 415 unless the body is declared as one of the `allowed` types."""
    given = request.headers.get("content-type", "")
    if given.split(";")[0].strip().lower() not in allowed:
        raise HTTPException(415, f"send the body with a header such as `Content-Type: {allowed[0]}`")


class BodyLimit:
    """ASGI middleware that answers 413 as soon as a body is known to be larger than `limit_bytes`."""

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        self._app = app
        self._limit = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._limit:
            await problem_of(TooLarge(self._limit))(scope, receive, send)
            return
        await self._app(scope, _counted(receive, self._limit), send)


def _counted(receive: Receive, limit: int) -> Receive:
    """Return `receive` with a bound on what a body without a declared length may bring."""
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise TooLarge(limit)
        return message

    return counted
