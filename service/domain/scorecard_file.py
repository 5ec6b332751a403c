"""A scorecard file, YAML or JSON, as a `Scorecard`: or every mistake in it at once, each with its line.

The rules themselves stand in `scorecard.py`. pydantic stops checking what belongs together (ids that occur
twice, conditions, levels that do not fit the scale) as soon as one field is wrong, so those are checked once
more on a skeleton of the card that holds nothing else.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from pydantic import ValidationError

from service.domain.advice import advise
from service.domain.errors import FieldProblem, InvalidInput, json_pointer
from service.domain.scorecard import Scorecard
from service.domain.scorecard_remedies import explain, true_path
from service.domain.scorecard_skeleton import cross_errors
from service.domain.yaml_source import MAX_PROBLEMS, Path, Problem, Source, read_yaml

__all__ = ["InvalidScorecard", "Problem", "check_scorecard", "read_scorecard"]


class InvalidScorecard(InvalidInput):
    """A scorecard file with mistakes. `problems` has their pointers; `located` has lines and remedies too."""

    type = "invalid-scorecard"
    title = "The scorecard is not valid"

    def __init__(self, located: list[Problem]) -> None:
        self.located = tuple(located)
        super().__init__([FieldProblem(problem.pointer, str(problem)) for problem in located])


def read_scorecard(text: str | bytes) -> Scorecard:
    """Return the scorecard in `text`, untrusted YAML or JSON. Raises InvalidScorecard with every mistake."""
    card, problems = _read(text)
    if card is None:
        raise InvalidScorecard(problems)
    return card


def check_scorecard(text: str | bytes) -> list[Problem]:
    """Return every mistake in `text` in the order of its lines or, when there is none, advice on wording and
    structure (`severity` is then ``"advice"``).
    """
    source = read_yaml(text)
    card, problems = _validate(source)
    return problems if card is None else _advice(source, card)


def _read(text: str | bytes) -> tuple[Scorecard | None, list[Problem]]:
    return _validate(read_yaml(text))


def _validate(source: Source) -> tuple[Scorecard | None, list[Problem]]:
    """Return the card, or None and the problems."""
    if source.data is None:
        return None, source.problems
    card, found = None, list(source.problems)
    try:
        card = Scorecard.model_validate(source.data)
    except ValidationError as error:
        found += islice(_problems(source, error), MAX_PROBLEMS)
    return (None, _in_order(found)) if found else (card, [])


def _problems(source: Source, error: ValidationError) -> Iterator[Problem]:
    errors: list[Any] = error.errors(include_url=False)
    located = [(true_path(each, source.data), each) for each in errors]
    for path, each in chain(located, cross_errors(source.data)):
        if not _is_echo(path, each, located):
            yield from explain(source, path, each)


def _is_echo(path: Path, error: Any, others: list[tuple[Path, Any]]) -> bool:
    """Whether pydantic calls a list too short only because an item of it is wrong."""
    return error["type"] == "too_short" and any(
        len(p) > len(path) and p[: len(path)] == path for p, _ in others
    )


def _in_order(problems: list[Problem]) -> list[Problem]:
    """What an alias repeats is one mistake: the same place in the file, whatever the pointer."""
    unique = {(each.line, each.column, each.message): each for each in reversed(problems)}
    return sorted(unique.values(), key=lambda problem: (problem.line, problem.column))[:MAX_PROBLEMS]


def _advice(source: Source, card: Scorecard) -> list[Problem]:
    return _in_order([_locate(source, advice.path, advice.message, advice.remedy) for advice in advise(card)])


def _locate(source: Source, path: Path, message: str, remedy: str) -> Problem:
    mark = source.mark(path)
    problem = Problem(mark.key_line, mark.key_column, json_pointer(path), message, remedy)
    return replace(problem, severity="advice")
