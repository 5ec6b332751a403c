"""Every error as `application/problem+json` (RFC 9457); the one place that knows both errors and statuses."""

import traceback
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.quotations import without_names
from service.domain import errors
from service.domain.echoes import Sent, without_odd_keys
from service.domain.errors import (
    MOST_PROBLEMS,
    FieldProblem,
    InvalidInput,
    QalibrateError,
    field_problems,
    with_the_rest,
)
from service.usecases.accept import GraderNotConfigured

log = structlog.get_logger(__name__)

_TRANSCRIPT = "/conversation/content"

BODY_IN_SCOPE = "qalibrate.body"
"""Where a request carries the body that was read of it."""

STATUS: Mapping[type[QalibrateError], int] = {
    errors.InvalidInput: 422,
    GraderNotConfigured: 422,
    errors.NotAuthenticated: 401,
    errors.NotPermitted: 403,
    errors.NotFound: 404,
    errors.NoVault: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.TooSlow: 408,
    errors.TooLarge: 413,
    errors.TooManyRequests: 429,
    errors.Unavailable: 503,
}
_HEADERS: Mapping[int, Mapping[str, str]] = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}


class BadField(BaseModel):
    """One bad field: an RFC 6901 pointer into the body, or `/name` of a query parameter or header."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """An error as RFC 9457 describes it; `errors` names every bad field."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[BadField] = []


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of the problems that a route may answer with; 429 wherever it takes keys."""
    if 401 in statuses:
        statuses = (*statuses, 429)
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _MEANING[status], "content": content} for status in sorted(statuses)}


def install(app: FastAPI) -> None:
    """Make `app` answer every error as a problem."""
    app.add_exception_handler(QalibrateError, _on_our_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)


def problem_of(error: QalibrateError, sent: Sent | None = None) -> JSONResponse:
    """Return the response that tells of `error`, without quoting what was `sent`."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    problems = _shown(error) if isinstance(error, InvalidInput) else []
    detail = error.detail
    if sent is not None:
        problems = [_hidden(p, sent) for p in problems]
        # What names fields names them again in its sentence.
        own = isinstance(error, InvalidInput) and error.is_about_fields
        detail = InvalidInput(problems).detail if own else sent.hidden(detail)
    response = _respond(status, error.type, error.title, detail, problems)
    if isinstance(error, errors.TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _shown(error: InvalidInput) -> list[FieldProblem]:
    """Return the first problems: who asks for it could have a large body answered with a larger one."""
    problems = error.problems
    # One more may say how many there are beyond these.
    if len(problems) <= MOST_PROBLEMS + 1:
        return list(problems)
    return with_the_rest(problems[:MOST_PROBLEMS], len(problems) - MOST_PROBLEMS)


def _hidden(problem: FieldProblem, sent: Sent) -> FieldProblem:
    in_transcript = problem.pointer.startswith(_TRANSCRIPT)
    hide = without_names if in_transcript else sent.hidden
    return without_odd_keys(problem)._replace(detail=hide(problem.detail))


def _respond(
    status: int, kind: str, title: str, detail: str, problems: Sequence[FieldProblem] = ()
) -> JSONResponse:
    problem = Problem(
        type=f"urn:qalibrate:problem:{kind}",
        title=title,
        status=status,
        detail=detail,
        errors=[BadField(pointer=p.pointer, detail=p.detail) for p in problems],
    )
    return JSONResponse(
        problem.model_dump(), status, dict(_HEADERS.get(status, {})), media_type="application/problem+json"
    )


async def _on_our_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, QalibrateError)  # noqa: S101 - the handler is registered for nothing else
    return problem_of(error, _sent(request))


async def _on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    return problem_of(InvalidInput(field_problems(error.errors(), skip=1)), _sent(request))


def _sent(request: Request) -> Sent:
    query = [*request.query_params.values(), *request.query_params]
    return Sent(map(str, request.path_params.values()), query, request.scope.get(BODY_IN_SCOPE, b""))


async def _on_http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    kind = {404: "not-found", 405: "method-not-allowed", 415: "unsupported-media-type"}.get(
        error.status_code, "http"
    )
    response = _respond(error.status_code, kind, str(error.detail), str(error.detail))
    response.headers.update(error.headers or {})
    return response


class Unexpected:
    """ASGI middleware that answers what nobody foresaw with a 500, and logs where it broke without the words
    of the error, which may quote a conversation.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            log.info("the caller went away", method=scope["method"])
        except Exception as error:
            log.error("request broke", method=scope["method"], error=type(error).__name__, at=_places(error))
            if started:
                # Too late for another answer: the server has to break off this one.
                raise RuntimeError("an answer could not be finished") from None
            await _respond(500, "internal", "Something went wrong", _BROKE)(scope, receive, send)


_BROKE = "the service could not handle this request"


def _places(error: Exception) -> list[str]:
    """Return where an error passed through, the innermost place last."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


_MEANING = {
    401: "No API key, or one that is not valid.",
    403: "The API key lacks the scope.",
    404: "There is no such thing.",
    409: "It contradicts what is already there.",
    410: "It was there and is gone for good.",
    413: "The body is too large.",
    415: "The body is of another media type.",
    408: "Nothing of the body came for too long.",
    422: "The input is not valid; `errors` points at every bad field.",
    429: "Too many requests; `Retry-After` says when to try again.",
    503: "Something that the service needs is away, such as the database.",
}
