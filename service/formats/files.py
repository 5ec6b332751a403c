"""A file of conversations, whatever its format, as a stream of conversations and of errors.

| name | what is in it |
|---|---|
| `.json` | one conversation, or a list of them, or of another system's transcripts that are certain |
| `.jsonl`, `.ndjson` | one conversation per line, read line by line |
| `.txt`, `.vtt`, `.srt` | one transcript |
| `-` and all others | told by the content |
"""

import io
import json
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, BinaryIO

from service.domain.errors import FieldProblem, InvalidInput
from service.formats.json_formats import recognise
from service.formats.registry import parse, resolve, sniff
from service.formats.strict_json import MAX_LINE, bad_json, json_lines, load_json

MAX_FILE = 64_000_000
"""Bytes of a file that has to be read as a whole; JSON lines have no such limit."""

_TRANSCRIPTS = {".txt": "text", ".vtt": "webvtt", ".srt": "srt"}
_DOCUMENT = re.compile(rb"\{|\[\s*(?:[{\]]|$)")
_BOM = b"\xef\xbb\xbf"
_OWN_SHAPE = {"turns", "format", "content", "conversation"}
"""What a conversation of ours has one of, or a line of a labelled set."""

Item = tuple[int, dict[str, Any] | InvalidInput]


def read_conversations(name: str, source: BinaryIO | bytes) -> Iterator[Item]:
    """Yield ``(position from 0, conversation mapping or error)`` for each conversation in a file.

    The mappings have `turns` and are not validated yet. Errors name the line. `source` is read forward only.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    suffix = PurePath(name).suffix.lower()
    if suffix in {".jsonl", ".ndjson"}:
        return _from_lines(stream, b"")
    if suffix == ".json":
        return _from_document(stream, b"")
    if suffix in _TRANSCRIPTS:
        return _from_transcript(stream, b"", _TRANSCRIPTS[suffix])
    return _from_anything(stream)


def _from_anything(stream: BinaryIO) -> Iterator[Item]:
    """JSON lines have a whole object on their first line; a JSON document that has one is the same."""
    head = b""
    while not head.removeprefix(_BOM).strip() and (line := stream.readline(MAX_LINE + 1)):
        # Blank lines before the first other one are counted, for the numbers in errors, and not kept.
        head = line if not line.strip() else head.replace(b" ", b"") + line
    start = head.removeprefix(_BOM).strip()
    if start.startswith(b"{") and not _goes_on(start):
        return _from_lines(stream, head)
    if _DOCUMENT.match(start):
        return _from_document(stream, head)
    return _from_transcript(stream, head, None)


def _goes_on(line: bytes) -> bool:
    """Whether an object that begins on this line is not finished on it."""
    text = line.decode(errors="replace")
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos >= len(text)
    except (ValueError, RecursionError):
        return False
    return False


def _from_lines(stream: BinaryIO, head: bytes) -> Iterator[Item]:
    lines = json_lines(stream, first=head)
    for position, (number, value) in enumerate(lines):
        yield position, _conversation(value, f"line {number}: ")


def _from_document(stream: BinaryIO, head: bytes) -> Iterator[Item]:
    try:
        value = load_json(_read_all(stream, head))
    except InvalidInput as error:
        value = error
    values = value if isinstance(value, list) else [value]
    for position, item in enumerate(values):
        yield position, _conversation(item, f"item {position}: " if isinstance(value, list) else "")


def _from_transcript(stream: BinaryIO, head: bytes, format_name: str | None) -> Iterator[Item]:
    try:
        content = _decode(_read_all(stream, head))
        yield 0, parse(format_name or sniff(content), content)
    except InvalidInput as error:
        yield 0, error


def _read_all(stream: BinaryIO, head: bytes) -> bytes:
    data = head + stream.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise bad_json(f"the file is larger than {MAX_FILE:,} bytes; split it, or use JSON lines")
    return data


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise bad_json(f"line {line}: this is not UTF-8 text; save the file as UTF-8") from None


def _conversation(value: Any, where: str) -> dict[str, Any] | InvalidInput:
    if isinstance(value, InvalidInput):
        return value
    if not isinstance(value, dict):
        return bad_json(f"{where}a conversation has to be a JSON object")
    try:
        name = None if _OWN_SHAPE & value.keys() else recognise(value)
        return resolve(value) if name is None else parse(name, value)
    except InvalidInput as error:
        return InvalidInput([FieldProblem(p.pointer, where + p.detail) for p in error.problems])
