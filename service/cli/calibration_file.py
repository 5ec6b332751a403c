"""Calibrations as files: `calibrate --out` writes them, `grade --calibration` follows them."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from service.cli.output import say
from service.domain.errors import FieldProblem, InvalidInput, field_problems
from service.domain.evaluation import Evaluation
from service.domain.scorecard import ScorecardRevision

if TYPE_CHECKING:
    from service.domain.calibration import Fitted


def write_calibration(path: Path, fitted: "Fitted") -> None:
    """Write a calibration with its models to a file."""
    from service.domain.calibration import CalibrationFile

    file = CalibrationFile.of(fitted)
    try:
        path.write_text(file.model_dump_json(), "utf-8")
    except OSError as error:
        raise InvalidInput([FieldProblem("--out", f"cannot write {path}: {error.strerror}")]) from None
    say(f"wrote {path}")


def read_calibration(path: Path) -> "Fitted":
    """Return the calibration in a file. Raises InvalidInput for anything else."""
    from service.domain.calibration import CalibrationFile, Fitted

    content = b""
    try:
        content = path.read_bytes()
        file = CalibrationFile.model_validate_json(content)
    except OSError as error:
        raise InvalidInput([FieldProblem("", f"cannot read {path}: {error.strerror}")]) from None
    except ValidationError as error:
        raise _no_calibration(path, format_of(content), error) from None
    return Fitted(file.calibration, file.models)


def format_of(content: bytes) -> str:
    """Return what a file of ours says that it is, such as `qalibrate-run@1`; empty for anything else."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    said = data.get("format") if isinstance(data, dict) else None
    return said if isinstance(said, str) else ""


def warn_of_expired(
    fitted: "Fitted", cards: Sequence[ScorecardRevision], evaluations: Iterable[Evaluation]
) -> None:
    """Say once why grades do not follow the calibration they were given, and of how many conversations."""
    from service.calibration.applying import why_expired

    # What text models grade follows no calibration: they are a part of one.
    other = [one for one in evaluations if one.provenance and one.provenance.grader != "learned"]
    content = {(card.name, card.revision): card.scorecard.content_hash for card in cards}
    reasons: Counter[str] = Counter()
    for one in other:
        if one.provenance is not None and one.provenance.calibration is None:
            on = content[one.scorecard.name, one.scorecard.revision]
            reasons[why_expired(fitted.calibration, on, one.provenance) or ""] += 1
    for reason, count in reasons.items():
        if reason:
            say(f"warning: {reason}; {count} graded without it")


def _no_calibration(path: Path, said: str, error: ValidationError) -> InvalidInput:
    if said.startswith("qalibrate-run@"):
        made = f"{path} is a run; `qalibrate calibrate {path} --out FILE` makes a calibration of it"
        return InvalidInput([FieldProblem("--calibration", made)])
    wrong = FieldProblem(
        "--calibration", f"{path} is no calibration as `qalibrate calibrate --out` writes them"
    )
    damaged = said.startswith("qalibrate-calibration@")
    return InvalidInput([wrong, *(field_problems(error.errors())[:3] if damaged else ())])
