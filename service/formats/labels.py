"""A file of labels, whatever its format, as a stream of labels and of what is wrong with others.

| what it looks like | what it is |
|---|---|
| `{"conversation": {…}, "labels": […]}` on each line | a labelled set |
| `{"conversation": "crm-881", "dimension": …}` on each line | one label a line |
| `[…]`, or `{"labels": […]}` | one JSON document of either kind |
| anything else | a table: comma, semicolon, tab or bar between cells, names of columns first |
"""

import io
import json
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any, BinaryIO

from service.domain.errors import InvalidInput
from service.domain.label_import import RowProblem
from service.formats.files import MAX_FILE
from service.formats.label_fields import Defaults, GivenLabel, to_label
from service.formats.labels_csv import Read, read_table
from service.formats.labels_header import ANY, Expected
from service.formats.strict_json import MAX_LINE, json_lines, load_json

_SNIFFED = 4096
_NOBODY = Defaults()


def read_labels(
    source: BinaryIO | bytes,
    defaults: Defaults = _NOBODY,
    dimensions: Collection[str] = (),
    gone: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Read]:
    """Yield the labels of a file, and what is wrong with it, by row: the line, or the position in a document.

    `defaults` hold for labels that do not say, `dimensions` are those of the scorecard where one is known,
    and `gone` says which of its revisions was the last that had others. One row is in memory at a time, of a
    JSON document all of it. `source` is read forward only.
    """
    stream = _Peekable(io.BytesIO(source) if isinstance(source, bytes) else source)
    start = stream.peek()
    first = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if first == b"[" or (first == b"{" and _goes_on(stream.first_line())):
        yield from _from_document(stream, defaults)
    elif first == b"{":
        for row, value in json_lines(io.BufferedReader(stream)):
            yield from _from_line(row, value, defaults)
    else:
        expected = Expected(dimensions, gone) if dimensions else ANY
        yield from read_table(io.BufferedReader(stream), start, defaults, expected)


def read_items(items: list[Any], defaults: Defaults = _NOBODY) -> Iterator[GivenLabel | RowProblem]:
    """Yield the labels of a parsed JSON list; rows are positions in it, counted from 1."""
    for row, item in enumerate(items, start=1):
        yield from _item(row, item, defaults)


def _from_line(row: int, value: Any, defaults: Defaults) -> Iterator[GivenLabel | RowProblem]:
    """A line may be a whole document: `{"labels": […]}` that ends where it starts."""
    if isinstance(value, dict) and _is_list_of_labels(value):
        yield from read_items(value["labels"], defaults)
    else:
        yield from _item(row, value, defaults)


def _from_document(stream: "_Peekable", defaults: Defaults) -> Iterator[GivenLabel | RowProblem]:
    data = io.BufferedReader(stream).read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        detail = f"a JSON document may have {MAX_FILE:,} bytes; write one label a line instead"
        yield RowProblem(row=1, field="", detail=detail)
        return
    try:
        value = load_json(data)
    except InvalidInput as error:
        yield RowProblem(row=1, field="", detail=error.detail)
        return
    if isinstance(value, dict):
        value = value["labels"] if _is_list_of_labels(value) else [value]
    yield from read_items(value, defaults)


def _is_list_of_labels(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("labels"), list) and "conversation" not in value


def _item(row: int, value: Any, defaults: Defaults) -> Iterator[GivenLabel | RowProblem]:
    if isinstance(value, InvalidInput):
        yield RowProblem(row=row, field="", detail=value.detail.removeprefix(f"line {row}: "))
    elif not isinstance(value, dict):
        yield RowProblem(row=row, field="", detail="a label is a JSON object")
    elif isinstance(value.get("conversation"), dict):
        yield from _labelled(row, value, defaults)
    else:
        yield from to_label(row, value, defaults)


def _labelled(row: int, value: Mapping[str, Any], defaults: Defaults) -> Iterator[GivenLabel | RowProblem]:
    """Yield the labels of one line of a labelled set."""
    conversation, given = value["conversation"], value.get("labels", [])
    known = conversation.get("external_id", conversation.get("id"))
    if known is None:
        detail = "the conversation has no external_id, by which its labels would find it; give it one"
        yield RowProblem(row=row, field="conversation/external_id", detail=detail)
        return
    if not isinstance(given, list):
        yield RowProblem(row=row, field="labels", detail="labels are a list")
        return
    for position, label in enumerate(given):
        where = f"labels/{position}"
        if isinstance(label, dict):
            yield from to_label(row, {**label, "conversation": known}, defaults, f"{where}/")
        else:
            yield RowProblem(row=row, field=where, detail="a label is a JSON object")


def _goes_on(line: bytes) -> bool:
    """Whether an object that begins on this line is not finished on it."""
    text = line.decode("utf-8-sig", errors="replace")
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos >= len(text.rstrip())
    except (ValueError, RecursionError):
        return False
    return False


class _Peekable(io.RawIOBase):
    """A stream whose beginning can be looked at before it is read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._head = b""

    def peek(self) -> bytes:
        """Return the first bytes that are not blank, and what is before them."""
        while not self._head.removeprefix(b"\xef\xbb\xbf").strip() and len(self._head) < MAX_LINE:
            more = self._stream.read(_SNIFFED)
            if not more:
                break
            self._head += more
        return self._head

    def first_line(self) -> bytes:
        """Return the first line that is not blank."""
        blank = len(self._head) - len(self._head.removeprefix(b"\xef\xbb\xbf").lstrip())
        if b"\n" not in self._head[blank:]:
            self._head += self._stream.readline(MAX_LINE)
        return self._head[blank:].split(b"\n", 1)[0]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._head[: len(buffer)] if self._head else self._stream.read(len(buffer))
        self._head = self._head[len(part) :]
        buffer[: len(part)] = part
        return len(part)
