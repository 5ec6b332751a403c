"""What comes in: strict JSON of bounded size, and no query parameters that nobody reads."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pydantic_core
from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problems import BODY_IN_SCOPE, problem_of
from service.domain.errors import FieldProblem, InvalidInput, TooLarge, TooSlow

MOST_NESTING = 64
"""How deep lists and objects of a body may stand in each other."""

MOST_BRACKETS = 250_000
"""How many lists and objects a body may hold; 18 hours of words with a time each are two thirds of that.
To make millions of empty ones takes seconds in which nobody else is answered.
"""

BODY_PAUSE_S = 30.0
"""How long a caller may pause in the middle of a body."""


STREAMED = frozenset({"/v1/batches"})
"""Where a body may be of any size, because it is read piece by piece and each line is limited."""


class StrictRequest(Request):
    """A request whose JSON may hold no NaN or infinity and is nested no deeper than MOST_NESTING."""

    async def body(self) -> bytes:
        """Return the body, and leave it where errors find what they must not repeat."""
        body = await super().body()
        self.scope[BODY_IN_SCOPE] = body
        return body

    async def json(self) -> Any:
        """Return the parsed body. Raises InvalidInput with the parser's own words and position."""
        if not hasattr(self, "_json"):
            self._json = read_json(await self.body())
        return self._json


def read_json(body: bytes) -> Any:
    """Return the value in a body. Raises InvalidInput with the parser's own words and position."""
    brackets = body.count(b"[") + body.count(b"{")
    if brackets > MOST_BRACKETS:
        raise InvalidInput([FieldProblem("", f"the body holds over {MOST_BRACKETS:,} lists and objects")])
    try:
        value = pydantic_core.from_json(body, allow_inf_nan=False)
    except ValueError as error:
        if "recursion limit" in str(error):
            raise _too_deep() from None
        raise InvalidInput([FieldProblem("", f"the body is not JSON: {error}")]) from None
    # What has fewer brackets than that cannot be too deep.
    if brackets > MOST_NESTING:
        _check_nesting(value)
    return value


def _check_nesting(value: Any) -> None:
    level = [value]
    for _ in range(MOST_NESTING):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> InvalidInput:
    problem = f"the body is nested deeper than {MOST_NESTING} lists and objects within each other"
    return InvalidInput([FieldProblem("", problem)])


class StrictRoute(APIRoute):
    """A route that reads its body through StrictRequest and refuses query parameters it does not know."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that FastAPI calls."""
        handler = super().get_route_handler()
        known = {parameter.alias for parameter in self.dependant.query_params}

        async def strict(request: Request) -> Response:
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
    # Only the last of them would count, unnoticed.
    twice = [name for name in request.query_params if len(request.query_params.getlist(name)) > 1]
    if twice:
        raise InvalidInput(
            [FieldProblem(f"/{name}", "given more than once; give one value") for name in twice]
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
        if scope["path"] in STREAMED:
            await self._app(scope, _counted(receive, None), send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._limit:
            await problem_of(TooLarge(self._limit))(scope, receive, send)
            return
        await self._app(scope, _counted(receive, self._limit), send)


def _counted(receive: Receive, limit: int | None) -> Receive:
    """Return `receive` with bounds on what a body without a declared length may bring, and on its pauses."""
    taken, complete = 0, False

    async def counted() -> Message:
        nonlocal taken, complete
        # After the body one may wait as long as it takes for the caller to hang up.
        try:
            async with asyncio.timeout(None if complete else BODY_PAUSE_S):
                message = await receive()
        except TimeoutError:
            raise TooSlow(BODY_PAUSE_S) from None
        complete = not message.get("more_body", False)
        taken += len(message.get("body", b""))
        if limit is not None and taken > limit:
            raise TooLarge(limit)
        return message

    return counted
