"""Labels from a file of their own (JSON lines, JSON or a table), put to the conversations they are about."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from evals.datasets.checking import check_labels
from evals.datasets.entry import Entry, Found, Reading
from evals.datasets.verdicts import level_on
from service.domain.errors import FieldProblem, InvalidInput
from service.domain.label import Label
from service.domain.label_import import RowProblem
from service.domain.labelled import LabelledConversation
from service.formats.label_fields import Defaults, GivenLabel
from service.formats.labels import read_labels

_SHOWN = 20


def with_labels(entries: Sequence[Entry], path: Path, reading: Reading) -> tuple[list[Entry], list[str]]:
    """Return the entries with the labels in the file `path` added, and sentences about those that could not
    be. A label is about the conversation whose id it names.

    Raises InvalidInput when the file cannot be read.
    """
    known = {entry.id: entry.labelled for entry in entries if entry.labelled is not None}
    added: dict[str, list[Label]] = {}
    problems: list[str] = []
    for read in _read(path, reading):
        if isinstance(read, RowProblem):
            field = f"{read.field}: " if read.field else ""
            problems.append(f"{path}, line {read.row}: {field}{read.detail}")
        elif read.label.conversation in known:
            added.setdefault(read.label.conversation, []).append(_plain(read, reading))
        else:
            name = read.label.conversation or read.label.evaluation
            problems.append(f"{path}, line {read.row}: there is no conversation {name!r} in the set")
    merged = []
    for entry in entries:
        labels = added.get(entry.id, [])
        merged.append(_merged(entry, labels, path, reading, problems) if labels else entry)
    return merged, _bounded(problems, path)


def _read(path: Path, reading: Reading) -> list[GivenLabel | RowProblem]:
    defaults = Defaults(rater=reading.rater)
    names = [dimension.id for dimension in reading.card.dimensions]
    try:
        with path.open("rb") as file:
            read = list(read_labels(file, defaults, names))
    except OSError as error:
        raise InvalidInput([FieldProblem("--labels", f"{path}: {error.strerror}")]) from None
    return [one for one in read if isinstance(one, GivenLabel | RowProblem)]


def _plain(given: GivenLabel, reading: Reading) -> Label:
    """Return the label without what it is about; tables write every level as text."""
    fields = {name: getattr(given.label, name) for name in Label.model_fields}
    dimension = reading.dimension_called(given.label.dimension)
    level = level_on(dimension.scale, given.label.level) if dimension else None
    return Label(**{**fields, "level": given.label.level if level is None else level})


def _merged(entry: Entry, labels: list[Label], path: Path, reading: Reading, problems: list[str]) -> Entry:
    if entry.labelled is None:
        return entry
    found = Found(labels=[*entry.labelled.labels, *labels], floors=dict(entry.labelled.floors))
    check_labels(found, reading)
    problems += [f"{path}: {entry.id}: {problem.detail}" for problem in found.problems]
    labelled = LabelledConversation(
        conversation=entry.labelled.conversation, labels=tuple(found.labels), floors=found.floors
    )
    return entry._replace(labelled=labelled)


def _bounded(problems: list[str], path: Path) -> list[str]:
    unique = list(Counter(problems))
    if len(unique) <= _SHOWN:
        return unique
    return [*unique[:_SHOWN], f"{path}: and {len(unique) - _SHOWN} more"]
