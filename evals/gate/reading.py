"""Run files from disk, or a sentence about what is wrong with them."""

from pathlib import Path

from pydantic import ValidationError

from service.domain.errors import FieldProblem, InvalidInput, field_problems
from service.domain.run import RUN_FORMAT, Run, foreign_grade

_SHOWN = 5


def read_run(path: Path) -> Run:
    """Return the run in the file `path`. Raises InvalidInput, naming the file, when there is none in it
    or when it has grades that are not on its scorecard.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise _not_a_run(path, f"cannot be read: {error.strerror}") from None
    try:
        run = Run.model_validate_json(text)
    except ValidationError as error:
        raise _not_a_run(path, _why(error)) from None
    _check_ids(path, run)
    if problem := foreign_grade(run):
        raise InvalidInput([FieldProblem("", f"{path}: {problem}")])
    return run


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
