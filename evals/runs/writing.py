"""A run as a file: JSON with a line for each conversation, so that two of them can be compared by eye too."""

import json
from pathlib import Path

from evals.runs.journal import RunNotKept
from service.atomic import write_atomically
from service.domain.run import Run


def write_run(run: Run, path: Path) -> None:
    """Put a run into the file `path`, whole or not at all; the same run gives the same bytes.

    Raises RunNotKept.
    """
    try:
        write_atomically(path, run_text(run))
    except OSError as error:
        raise RunNotKept(f"{path} cannot be written: {error.strerror}") from None


def run_text(run: Run) -> str:
    """Return the JSON of a run; keys stand in the order in which the types have them."""
    lines = []
    for name in Run.model_fields:
        if name == "conversations":
            each = ",\n".join(one.model_dump_json() for one in run.conversations)
            value = f"[\n{each}\n]" if each else "[]"
        else:
            part = run.model_dump(mode="json", include={name}, by_alias=True)[name]
            value = json.dumps(part, ensure_ascii=False)
        lines.append(f'"{name}": {value}')
    return "{\n" + ",\n".join(lines) + "\n}\n"
