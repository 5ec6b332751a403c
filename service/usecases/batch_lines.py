"""Reads one line of a batch: a request, or what is wrong with it."""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from service.domain.batch import LineProblem
from service.domain.errors import Conflict, FieldProblem, InvalidInput, QalibrateError, field_problems
from service.formats.ndjson import Line
from service.usecases.accept import Idempotency
from service.usecases.requests import EvaluationRequest, body_sha256

MOST_PROBLEMS = 20
"""What is wrong with a line beyond that is not told."""

_KEY = "idempotency_key"
_LONGEST_KEY = 255

# A name of a field or a position. Anything else in a pointer was written by somebody, who knows what about.
_PLAIN_STEP = re.compile(r"[A-Za-z_][A-Za-z_.-]{0,60}[0-9]{0,3}|[0-9]{1,6}|")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


class LineDefaults(NamedTuple):
    """What lines that say nothing of it mean."""

    scorecard: str | None = None
    grader: str | None = None
    callback_url: str | None = None


class Asked(NamedTuple):
    """What a line asks for, unless `problems` say what is wrong with it."""

    line: int
    body_sha256: str
    request: EvaluationRequest | None = None
    idempotency: Idempotency | None = None
    problems: tuple[LineProblem, ...] = ()


def read_line(line: Line, defaults: LineDefaults, parse: Callable[[bytes], Any], longest: int) -> Asked:
    """Return the request in a line. `parse` reads JSON and raises InvalidInput; `longest` is told where a
    line is longer than that many bytes.
    """
    if line.content is None:
        problem = FieldProblem("", f"the line is over {longest:,} bytes; it was skipped")
        return Asked(line.number, "", problems=told(line.number, InvalidInput([problem])))
    digest = hashlib.sha256(line.content).hexdigest()
    try:
        body = parse(line.content)
        if not isinstance(body, dict):
            raise InvalidInput([FieldProblem("", "a line is an object as POST /v1/evaluations takes it")])
        key = _key(body)
        digest = body_sha256(body)
        request = _request(body, defaults)
    except QalibrateError as error:
        return Asked(line.number, digest, problems=told(line.number, error))
    return Asked(line.number, digest, request, Idempotency(key, digest) if key else None)


def told(line: int, error: QalibrateError) -> tuple[LineProblem, ...]:
    """Return what may be kept of an error: pointers and sentences without words of the conversation."""
    if isinstance(error, InvalidInput):
        problems: Sequence[FieldProblem] = error.problems[:MOST_PROBLEMS]
    else:
        problems = [FieldProblem(f"/{_KEY}" if isinstance(error, Conflict) else "", error.detail)]
    return tuple(LineProblem(line=line, pointer=_safe(p.pointer), detail=_said(p)) for p in problems)


def _said(problem: FieldProblem) -> str:
    """Only what is wrong within a transcript quotes it; elsewhere fields and cards are named."""
    inside = problem.pointer.startswith("/conversation")
    # Pydantic lists what is allowed in quotes, in sentences that begin like this.
    if inside and not problem.detail.startswith("Input should be"):
        return _QUOTED.sub("'…'", problem.detail)
    return problem.detail


def _safe(pointer: str) -> str:
    return "/".join(step if _PLAIN_STEP.fullmatch(step) else "…" for step in pointer.split("/"))


def _key(body: dict[str, Any]) -> str | None:
    """Take the line's own idempotency key out of it, so that the rest is what a single request would be."""
    key = body.pop(_KEY, None)
    if key is None or (isinstance(key, str) and 1 <= len(key) <= _LONGEST_KEY and "\0" not in key):
        return key
    raise InvalidInput([FieldProblem(f"/{_KEY}", f"a key is a text of 1 to {_LONGEST_KEY} characters")])


def _request(body: dict[str, Any], defaults: LineDefaults) -> EvaluationRequest:
    given = {name: value for name, value in defaults._asdict().items() if value is not None}
    try:
        return EvaluationRequest.model_validate({"priority": "batch", **given, **body})
    except ValidationError as error:
        raise InvalidInput(field_problems(error.errors(include_url=False, include_input=False))) from None
