"""Run files from disk, or a sentence about what is wrong with them."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from evals.gate.lean import LeanRun
from service.domain.errors import FieldProblem, InvalidInput, field_problems
from service.domain.run import RUN_FORMAT, Run, foreign_grade

_SHOWN = 5


def read_grades(path: Path) -> Run:
    """Return the run in the file `path` without turns and other things that no comparison uses. Raises
    InvalidInput as `read_run` does.
    """
    run = _read(path, LeanRun)
    # It stays until the command ends: nothing in it has to be looked at again for rings.
    gc.freeze()
    return run


def read_run(path: Path) -> Run:
    """Return the run in the file `path`. Raises InvalidInput, naming the file, when there is none in it
    or when it has grades that are not on its scorecard.
    """
    return _read(path, Run)


def _read(path: Path, kind: type[Run]) -> Run:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise _not_a_run(path, f"cannot be read: {error.strerror}") from None
    try:
        with _uncollected():
            run = kind.model_validate_json(text)
    except ValidationError as error:
        raise _not_a_run(path, _why(error)) from None
    _check_ids(path, run)
    if problem := foreign_grade(run):
        raise InvalidInput([FieldProblem("", f"{path}: {problem}")])
    return run


@contextmanager
def _uncollected() -> Iterator[None]:
    """Do not look for rings among millions of new objects that have none, again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _why(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return "is no whole JSON document; was it cut off?"
    problems = field_problems(error.errors(include_url=False, include_input=False))
    listed = "; ".join(f"{p.pointer or 'the document'}: {p.detail}" for p in problems[:_SHOWN])
    more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    return f"is no run file ({RUN_FORMAT}), which `qalibrate eval run --out` writes: {listed}{more}"


def _check_ids(path: Path, run: Run) -> None:
    """Refuse a run in which two conversations are called the same: nobody could say which one flipped."""
    seen: set[str] = set()
    for one in run.conversations:
        if one.id in seen:
            raise _not_a_run(path, f"has two conversations with the id {one.id!r}")
        seen.add(one.id)


def _not_a_run(path: Path, why: str) -> InvalidInput:
    return InvalidInput([FieldProblem("", f"{path} {why}")])
