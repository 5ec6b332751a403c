"""Calibrations as files: `calibrate --out` writes them, `grade --calibration` follows them."""

from pathlib import Path

from pydantic import ValidationError

from service.cli.output import say
from service.domain.calibration import CalibrationFile, Fitted
from service.domain.errors import FieldProblem, InvalidInput, field_problems


def write_calibration(path: Path, fitted: Fitted) -> None:
    """Write a calibration with its models to a file."""
    file = CalibrationFile.of(fitted)
    try:
        path.write_text(file.model_dump_json(), "utf-8")
    except OSError as error:
        raise InvalidInput([FieldProblem("--out", f"cannot write {path}: {error.strerror}")]) from None
    say(f"wrote {path}")


def read_calibration(path: Path) -> Fitted:
    """Return the calibration in a file. Raises InvalidInput for anything else."""
    try:
        file = CalibrationFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InvalidInput([FieldProblem("", f"cannot read {path}: {error.strerror}")]) from None
    except ValidationError as error:
        wrong = f"{path} is no calibration as `qalibrate calibrate --out` writes them"
        raise InvalidInput([FieldProblem("", wrong), *field_problems(error.errors())[:3]]) from None
    return Fitted(file.calibration, file.models)
