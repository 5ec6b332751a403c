"""Every error as `application/problem+json` (RFC 9457); the one place that knows both errors and statuses."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from service.domain import errors
from service.domain.errors import FieldProblem, InvalidInput, QalibrateError, field_problems
from service.usecases.submit import GraderNotConfigured

log = structlog.get_logger(__name__)

STATUS: Mapping[type[QalibrateError], int] = {
    errors.InvalidInput: 422,
    GraderNotConfigured: 422,
    errors.NotAuthenticated: 401,
    errors.NotPermitted: 403,
    errors.NotFound: 404,
    errors.NoVault: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.TooLarge: 413,
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
    """Return the OpenAPI entries of the problems that a route may answer with."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _MEANING[status], "content": content} for status in statuses}


def install(app: FastAPI) -> None:
    """Make `app` answer every error as a problem."""
    app.add_exception_handler(QalibrateError, _on_our_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_unexpected)


def problem_of(error: QalibrateError) -> JSONResponse:
    """Return the response that tells of `error`."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    problems = error.problems if isinstance(error, InvalidInput) else ()
    return _respond(status, error.type, error.title, error.detail, problems)


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


async def _on_our_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, QalibrateError)  # noqa: S101 - the handler is registered for nothing else
    return problem_of(error)


async def _on_invalid_request(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    return problem_of(InvalidInput(field_problems(error.errors(), skip=1)))


async def _on_http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    kind = {404: "not-found", 405: "method-not-allowed", 415: "unsupported-media-type"}.get(
        error.status_code, "http"
    )
    response = _respond(error.status_code, kind, str(error.detail), str(error.detail))
    response.headers.update(error.headers or {})
    return response


async def _on_unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("request broke", method=request.method, error=type(error).__name__)
    return _respond(500, "internal", "Something went wrong", "the service could not handle this request")


_MEANING = {
    401: "No API key, or one that is not valid.",
    403: "The API key lacks the scope.",
    404: "There is no such thing.",
    409: "It contradicts what is already there.",
    410: "It was there and is gone for good.",
    413: "The body is too large.",
    415: "The body is of another media type.",
    422: "The input is not valid; `errors` points at every bad field.",
    503: "Something that the service needs is away, such as the database.",
}
