"""JSON lines as they come over the wire: in pieces, in bounded memory."""

from collections.abc import Iterator
from typing import NamedTuple

_BLANK = b" \t\r"
_BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """A line that is not blank. `number` counts from 1; `content` is None when it was longer than allowed,
    and then nothing of it was kept.
    """

    number: int
    content: bytes | None


class Lines:
    """Cuts pieces of bytes into lines; keeps no more than one line that is not complete yet."""

    def __init__(self, longest: int) -> None:
        """Make it; a line of more than `longest` bytes is skipped while it comes."""
        self._longest = longest
        self._number = 0
        self._begun = bytearray()
        self._too_long = False

    def feed(self, piece: bytes) -> Iterator[Line]:
        """Yield the lines that end in this piece."""
        *ended, rest = piece.split(b"\n")
        for part in ended:
            self._add(part)
            yield from self._end()
        self._add(rest)

    def finish(self) -> Iterator[Line]:
        """Yield the last line, when it did not end with a line break. Nothing may be fed after it."""
        yield from self._end()

    def _add(self, part: bytes) -> None:
        if self._too_long or len(self._begun) + len(part) > self._longest:
            self._too_long = True
            self._begun.clear()
        else:
            self._begun += part

    def _end(self) -> Iterator[Line]:
        self._number += 1
        content, too_long = bytes(self._begun).strip(_BLANK), self._too_long
        if self._number == 1:
            content = content.removeprefix(_BOM)
        self._begun.clear()
        self._too_long = False
        if too_long or content:
            yield Line(self._number, None if too_long else content)
