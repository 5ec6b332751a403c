"""Reads labelled sets, told apart by their content: ours, and those of promptfoo, DeepEval and OpenAI Evals.

A format is one more file and one more line in `_FORMATS`.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError

from evals.datasets.checking import check_labels
from evals.datasets.deepeval import is_deepeval, read_deepeval
from evals.datasets.entry import Entry, Found, Reading
from evals.datasets.openai_evals import is_openai, read_openai
from evals.datasets.ours import is_ours, read_ours
from evals.datasets.promptfoo import is_promptfoo, read_promptfoo
from evals.datasets.values import Steps, Value, read_values
from service.domain.base import storable
from service.domain.errors import FieldProblem, InvalidInput, field_problems
from service.domain.labelled import LabelledConversation
from service.domain.transcript import Conversation

EXPECTED = (
    "expected are labelled conversations: ours (one JSON object a line, or a JSON list), promptfoo's tests, "
    "DeepEval's test cases or OpenAI Evals' samples"
)
"""What a set looks like, for who gave something else."""

_FORMATS: tuple[tuple[Callable[[dict[str, Any]], bool], Callable[[dict[str, Any], Reading], Found]], ...] = (
    (is_promptfoo, read_promptfoo),
    (is_deepeval, read_deepeval),
    (is_ours, read_ours),
    (is_openai, read_openai),
)
_TESTS = "tests"
_CASES = (
    "test_cases",
    "testCases",
    "conversational_test_cases",
    "conversationalTestCases",
    "goldens",
    "conversational_goldens",
    "conversationalGoldens",
)
_SHOWN = 10


class _Record(NamedTuple):
    """One record, and how to say where a part of it stands."""

    data: Any
    where: str
    at: Callable[[Steps], str]


def read_dataset(paths: list[str], reading: Reading) -> Iterator[Entry]:
    """Yield an entry for each record of all files in order; ``-`` is standard input.

    Ids are unique: a second conversation of the same id is a problem, because nobody could say which of them
    a later run is about.
    """
    seen: dict[str, str] = {}
    position = 0
    for path in paths:
        for value in read_values(path, EXPECTED):
            for record in _records(path, value):
                entry = _entry(record, reading, position)
                position += 1
                yield _once(entry, seen)


def _once(entry: Entry, seen: dict[str, str]) -> Entry:
    first = seen.setdefault(entry.id, entry.where)
    if first == entry.where:
        return entry
    problem = f"{entry.where}: the id {entry.id!r} was given to {first} already; give each one of its own"
    named = f"{entry.id}#{len(seen)}"
    seen[named] = entry.where
    return entry._replace(id=named, labelled=None, problems=(*entry.problems, problem))


def _records(path: str, value: Value) -> Iterator[_Record]:
    """Yield the records of a value: itself, or what a file of tests or test cases holds."""
    data, where = value.data, f"{path}, {value.place}" if value.place else path
    if not isinstance(data, dict) or not (_holds_tests(data) or _holds_cases(data)):
        yield _record(path, where, value, (), data)
        return
    names = [_TESTS] if _holds_tests(data) else [name for name in _CASES if data.get(name)]
    for name in names:
        items = data[name]
        if not isinstance(items, list):
            wrong = InvalidInput([FieldProblem(f"/{name}", "has to be a list here; files are not followed")])
            yield _record(path, where, value, (name,), wrong)
            continue
        for number, item in enumerate(items):
            with_defaults = _with_defaults(item, data.get("defaultTest")) if name == _TESTS else item
            yield _record(path, f"{where}, {name} {number}", value, (name, number), with_defaults)


def _holds_tests(data: dict[str, Any]) -> bool:
    return _TESTS in data and "conversation" not in data


def _holds_cases(data: dict[str, Any]) -> bool:
    # A conversational golden of an old version has `goldens` of its own instead of turns.
    return any(name in data for name in _CASES) and not ("turns" in data or "conversation" in data)


def _with_defaults(test: Any, defaults: Any) -> Any:
    """Return a test of promptfoo's with what its `defaultTest` says."""
    if not isinstance(test, dict) or not isinstance(defaults, dict):
        return test
    merged = dict(test)
    for name in ("vars", "metadata"):
        both = [one[name] for one in (defaults, test) if isinstance(one.get(name), dict)]
        if both and isinstance(test.get(name, {}), dict):
            merged[name] = {key: value for one in both for key, value in one.items()}
    if isinstance(defaults.get("assert"), list) and isinstance(test.get("assert", []), list):
        merged["assert"] = [*test.get("assert", []), *defaults["assert"]]
    return merged


def _record(path: str, where: str, value: Value, below: Steps, data: Any) -> _Record:
    line_of = value.line_of
    if line_of is None:
        return _Record(data, where, lambda _steps: where)
    here = f"{path}, line {line_of(below)}"
    return _Record(data, here, lambda steps: f"{path}, line {line_of((*below, *steps))}")


def _entry(record: _Record, reading: Reading, position: int) -> Entry:
    found = _found(record.data, reading)
    conversation = _validated(found)
    identity = _id(found.conversation, record.data, position)
    if conversation is None:
        return Entry(record.where, identity, None, _digest(record.data), _sentences(record, found))
    check_labels(found, reading)
    labelled = LabelledConversation(
        conversation=conversation, labels=tuple(found.labels), floors=found.floors
    )
    sha256 = _digest(conversation.model_dump(mode="json"))
    return Entry(record.where, identity, labelled, sha256, _sentences(record, found), tuple(found.notes))


def _found(data: Any, reading: Reading) -> Found:
    found = Found()
    if isinstance(data, InvalidInput):
        found.add_problems("", data)
        return found
    if isinstance(data, dict):
        for fits, read in _FORMATS:
            if fits(data):
                return read(data, reading)
    found.add_problem("", EXPECTED)
    return found


def _validated(found: Found) -> Conversation | None:
    if not isinstance(found.conversation, dict):
        return found.conversation
    try:
        return Conversation.model_validate(found.conversation)
    except ValidationError as error:
        problems = field_problems(error.errors(include_url=False, include_input=False))
        found.add_problems("/conversation", InvalidInput(problems))
        return None


def _id(conversation: Any, data: Any, position: int) -> str:
    holder = conversation if isinstance(conversation, dict) else data
    given = (holder.get("external_id") or holder.get("id")) if isinstance(holder, dict) else None
    return storable(str(given)[:200]) if isinstance(given, str | int) else str(position)


def _digest(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON, of what cannot be JSON that of nothing."""
    try:
        canonical = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        canonical = ""
    return hashlib.sha256(canonical.encode()).hexdigest()


def _sentences(record: _Record, found: Found) -> tuple[str, ...]:
    said = [_sentence(record, problem) for problem in found.problems[:_SHOWN]]
    if len(found.problems) > _SHOWN:
        said.append(f"{record.where}: and {len(found.problems) - _SHOWN} more")
    return tuple(said)


def _sentence(record: _Record, problem: FieldProblem) -> str:
    place = record.at(_steps(problem.pointer))
    return (
        f"{place}: {problem.pointer}: {problem.detail}" if problem.pointer else f"{place}: {problem.detail}"
    )


def _steps(pointer: str) -> Steps:
    words = (word.replace("~1", "/").replace("~0", "~") for word in pointer.split("/")[1:])
    return tuple(int(word) if word.isascii() and word.isdigit() and len(word) < 9 else word for word in words)


def dataset_sha256(entries: list[Entry]) -> str:
    """Return the digest of the conversations and labels of a set, in order."""
    parts = [
        [
            entry.id,
            entry.sha256,
            entry.labelled and entry.labelled.model_dump(mode="json", exclude={"conversation"}),
        ]
        for entry in entries
    ]
    return _digest(parts)
