"""A file of records as single values, each with its place: JSON lines, a JSON document, or YAML."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from service.domain.errors import InvalidInput
from service.domain.yaml_source import Source, read_yaml
from service.formats.strict_json import bad_json, json_lines, load_json

MAX_FILE = 256_000_000
"""Bytes of a JSON document, which is read as a whole; of JSON lines only each line is bounded."""

_LINES = (".jsonl", ".ndjson")
_BOM = b"\xef\xbb\xbf"

Steps = tuple[str | int, ...]


class Value(NamedTuple):
    """A value of a file, or what is wrong there. `place` is what a person looks for: ``line 3``, ``item 2``.

    `line_of` tells the line of a part of it, from the path to that part; None where nobody counted lines.
    """

    place: str
    data: Any
    line_of: Callable[[Steps], int] | None = None


def read_values(path: str, expected: str, *, yaml: bool = True) -> Iterator[Value]:
    """Yield what stands in the file `path`, ``-`` for standard input.

    `expected` says what a file should hold, for who gave something else. Without `yaml` it has to be JSON.
    """
    if path == "-":
        yield from _values(sys.stdin.buffer, expected, is_lines=False, yaml=yaml)
        return
    try:
        with Path(path).open("rb") as file:
            yield from _values(file, expected, is_lines=path.lower().endswith(_LINES), yaml=yaml)
    except OSError as error:
        yield Value("", bad_json(f"cannot be read: {error.strerror}"))


def _values(stream: BinaryIO, expected: str, *, is_lines: bool, yaml: bool) -> Iterator[Value]:
    """Tell by the first character that is none of white space; a list is a document whatever its name."""
    blank, first = _first_line(stream)
    start = first.removeprefix(_BOM).strip()
    if start[:1] not in (b"", b"[") and (is_lines or (start.startswith(b"{") and _is_whole(start))):
        yield from _from_lines(stream, blank, first)
    else:
        data = b"\n" * blank + first + stream.read(MAX_FILE + 1)
        yield from _from_document(data, expected, is_json=not yaml or start[:1] in b"{[")


def _first_line(stream: BinaryIO) -> tuple[int, bytes]:
    """Return the first line that is not blank, and how many blank ones stood before it."""
    blank = 0
    while line := stream.readline(MAX_FILE + 1):
        if line.removeprefix(_BOM).strip():
            return blank, line
        blank += 1
    return blank, b""


def _is_whole(line: bytes) -> bool:
    """Whether there is a JSON value on this line that ends on it: then more may follow, one a line."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _from_lines(stream: BinaryIO, blank: int, first: bytes) -> Iterator[Value]:
    for number, value in json_lines(stream, first=first):
        # What is wrong with a line begins with its number already.
        yield Value("" if isinstance(value, InvalidInput) else f"line {blank + number}", value)


def _from_document(data: bytes, expected: str, *, is_json: bool) -> Iterator[Value]:
    if not data.removeprefix(_BOM).strip():
        yield Value("", bad_json(f"line 1: there is nothing in it; {expected}"))
    elif len(data) > MAX_FILE:
        yield Value("", bad_json(f"larger than {MAX_FILE:,} bytes; split it, or use JSON lines"))
    elif is_json:
        yield from _from_json(data, expected)
    else:
        yield from _from_yaml(data, expected)


def _from_json(data: bytes, expected: str) -> Iterator[Value]:
    try:
        value = load_json(data)
    except InvalidInput:
        yield Value("", _unreadable(data, expected))
        return
    if isinstance(value, list):
        yield from (Value(f"item {number}", item) for number, item in enumerate(value))
    else:
        yield Value("", value)


def _from_yaml(data: bytes, expected: str) -> Iterator[Value]:
    source = read_yaml(data, expected)
    if source.problems:
        listed = "; ".join(str(problem) for problem in source.problems[:5])
        yield Value("", bad_json(f"{listed}; {expected}"))
    elif isinstance(source.data, list):
        for number, item in enumerate(source.data):
            line_of = _line_of(source, (number,))
            yield Value(f"line {line_of(())}", item, line_of)
    else:
        yield Value("", source.data, _line_of(source, ()))


def _line_of(source: Source, at: Steps) -> Callable[[Steps], int]:
    return lambda steps: source.mark((*at, *steps)).line


def _unreadable(data: bytes, expected: str) -> InvalidInput:
    """Return the error for a document that is no JSON, with the line where that shows."""
    where = ""
    try:
        json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        where = f"line {data.count(10, 0, error.start) + 1}: "
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}: "
    except (ValueError, RecursionError):
        pass
    try:
        load_json(data, where=where)
    except InvalidInput as error:
        return bad_json(f"{error.detail}; {expected}")
    return bad_json(expected)
