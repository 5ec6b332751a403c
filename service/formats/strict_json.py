"""JSON from outside: bounded, UTF-8, and without the NaN and Infinity that Python would let through."""

import json
import math
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO, NoReturn

from service.domain.errors import FieldProblem, InvalidInput

MAX_LINE = 16_000_000
"""Bytes of one line of JSON lines."""


def load_json(text: bytes | str, *, where: str = "") -> Any:
    """Return the value in `text`. Raises InvalidInput, beginning with `where`, when it is no strict JSON."""
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
        # Without the end of the line: what is unfinished is missing on this one, not on the next.
        return json.loads(decoded.rstrip(" \t\r\n"), parse_constant=_refuse, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise bad_json(f"{where}this is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except json.JSONDecodeError as error:
        raise bad_json(f"{where}this is not JSON: {_said(error, where)}") from None
    except ValueError as error:
        raise bad_json(f"{where}{error}") from None
    except RecursionError:
        raise bad_json(f"{where}this JSON is nested too deeply") from None


def bad_json(detail: str) -> InvalidInput:
    """Return the error for input as a whole."""
    return InvalidInput([FieldProblem("", detail)], detail)


def json_lines(stream: BinaryIO, *, first: bytes = b"") -> Iterator[tuple[int, Any | InvalidInput]]:
    """Yield ``(line number from 1, value or error)`` for every line of `stream` that is not blank.

    `first` is what was already read of it. One line is in memory at a time; a bad one does not stop the rest.
    """
    for number, line in enumerate(chain([first] if first else [], _lines(stream)), start=1):
        if not line.removeprefix(b"\xef\xbb\xbf").strip():
            continue
        try:
            if len(line) > MAX_LINE:
                raise bad_json(f"line {number}: longer than {MAX_LINE:,} bytes; split it")
            yield number, load_json(line, where=f"line {number}: ")
        except InvalidInput as error:
            yield number, error


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of `stream`; what is over the limit is skipped, and the line kept one byte too long."""
    while line := stream.readline(MAX_LINE + 1):
        rest = line
        while len(rest) > MAX_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE + 1)
        yield line


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number; leave the key out or write null")


def _finite(literal: str) -> float:
    value = float(literal)
    if not math.isfinite(value):
        raise ValueError(f"{literal[:40]} is too large a number")
    return value


def _said(error: json.JSONDecodeError, where: str) -> str:
    place = f"column {error.colno}" if where else f"line {error.lineno}, column {error.colno}"
    hint = (
        "; one conversation per line belongs into a .jsonl file"
        if error.msg == "Extra data" and not where
        else ""
    )
    return f"{error.msg} ({place}){hint}"
