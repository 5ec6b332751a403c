"""No command writes over what it reads."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

from service.domain.errors import FieldProblem, InvalidInput


def refuse_overwriting(inputs: Sequence[Path | None], outputs: Mapping[str, Path | None]) -> None:
    """Raise InvalidInput when an output, by the option that names it, is one of the inputs under whatever
    name, or when two outputs are one file. Called before anything is read or graded.
    """
    read = [path for path in inputs if path is not None and path.is_file()]
    written = [(option, path) for option, path in outputs.items() if path is not None and _may_be_lost(path)]
    problems = [
        FieldProblem(option, f"{path} is also read, and would be overwritten; name another file")
        for option, path in written
        if any(_is_same(path, one) for one in read)
    ]
    problems += [
        FieldProblem(option, f"{path} is the same file as that of {other}; name another one")
        for (other, first), (option, path) in combinations(written, 2)
        if _is_same(first, path)
    ]
    if problems:
        raise InvalidInput(problems)


def _may_be_lost(path: Path) -> bool:
    """Devices and pipes can be written to as often as one likes."""
    return path.is_file() or not path.exists()


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        # Not there yet, so that only the name can tell.
        return one.resolve() == other.resolve()
