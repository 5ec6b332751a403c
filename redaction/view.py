"""The text that the recognizers see: the original with known parts replaced, and the way back."""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import regex

from redaction.look_alikes import plain_scripts

FILLER = "\ufffc"
"""Stands for a placeholder in the text that is analysed: one character that no rule takes for content."""

MASK = "\u2588"
"""Stands for a character that a policy masks: a solid block, which no rule takes for content either."""

# Invisible characters are written into numbers and names to hide them from patterns; none of them is content.
# Control characters, marks on digits and key caps around them are no more than that. Our own signs, typed by
# somebody, must not part a number in two.
_TRICK = regex.compile(
    r"(?<letter>(?!\p{Han})\p{L}\p{Mn}++)"
    r"|(?<hidden>(?:[\p{Default_Ignorable_Code_Point}\p{Cf}\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]"
    r"|(?<=[^\p{L}]|\p{Han})\p{M})++)"
    f"|(?<sign>{FILLER}|(?<=\\d){MASK}(?=\\d))"
)
_MOST_MARKS = 8
_ALPHABETIC = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Greek}]")
_BULLET = "\u2022"


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """In the text that is analysed, ``new`` stands for the original from ``start`` to ``end``."""

    start: int
    end: int
    new: str


class View:
    """A part of the original with edits made and characters folded, and where each character comes from."""

    def __init__(self, source: str, edits: Sequence[Edit], start: int = 0, end: int | None = None) -> None:
        """``edits`` are sorted and do not overlap; those outside of ``start`` to ``end`` are ignored."""
        end = len(source) if end is None else end
        self._view_starts: list[int] = []
        self._source_spans: list[tuple[int, int, bool]] = []
        parts: list[str] = []
        at = start
        size = 0
        for edit in edits:
            if edit.start < start or edit.end > end:
                continue
            for part, origin in (
                (source[at : edit.start], (at, edit.start, False)),
                (edit.new, (edit.start, edit.end, True)),
            ):
                size = self._append(parts, part, origin, size)
            at = edit.end
        self._append(parts, source[at:end], (at, end, False), size)
        self.text = fold("".join(parts))

    def _append(self, parts: list[str], part: str, origin: tuple[int, int, bool], size: int) -> int:
        if part:
            parts.append(part)
            self._view_starts.append(size)
            self._source_spans.append(origin)
        return size + len(part)

    def to_source(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that a non-empty span of the view comes from; edits are taken whole."""
        first, _ = self._origin(start)
        _, last = self._origin(end - 1)
        return first, last

    def _origin(self, at: int) -> tuple[int, int]:
        index = bisect_right(self._view_starts, at) - 1
        start, end, edited = self._source_spans[index]
        if edited:
            return start, end
        place = start + at - self._view_starts[index]
        return place, place + 1


def spelling_edits(source: str) -> list[Edit]:
    """The edits that undo tricks of spelling: invisible characters go, letter and accent become one."""
    if not any(map(_may_be_trick, set(source))):
        return []
    return [
        Edit(match.start(), match.end(), plain)
        for match in _TRICK.finditer(source)
        if (plain := _untricked(match)) is not None
    ]


_TRICKY = regex.compile(
    r"[\p{M}\p{Default_Ignorable_Code_Point}\p{Cf}\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
    f"{FILLER}{MASK}]"
)


@lru_cache(maxsize=20_000)
def _may_be_trick(character: str) -> bool:
    return _TRICKY.match(character) is not None


def _untricked(match: "regex.Match[str]") -> str | None:
    if match["letter"]:
        return _composed(match["letter"])
    return _BULLET if match["sign"] else ""


def _composed(letter: str) -> str | None:
    """A letter and its marks as one character; marks that an alphabet does not have are left out."""
    whole = unicodedata.normalize("NFC", letter[: _MOST_MARKS + 1])
    return whole[0] if len(whole) == 1 or _ALPHABETIC.match(whole) else None


def combine(outer: Iterable[Edit], inner: Iterable[Edit]) -> list[Edit]:
    """Both lists as one sorted list; what ``inner`` changes inside an ``outer`` edit falls away."""
    edits = sorted(outer)
    starts = [edit.start for edit in edits]
    for edit in inner:
        before = bisect_right(starts, edit.start) - 1
        inside = before >= 0 and edit.start < edits[before].end
        reaches_next = before + 1 < len(starts) and edit.end > starts[before + 1]
        if not inside and not reaches_next:
            edits.append(edit)
    return sorted(edits)


def fold(text: str) -> str:
    """As many characters; look-alikes, full-width forms, foreign digits, spaces and dashes are made plain."""
    if text.isascii():
        return text
    table = _folding()
    if not table.keys().isdisjoint(map(ord, set(text))):
        text = text.translate(table)
    return plain_scripts(text)


@cache
def _folding() -> dict[int, str]:
    table: dict[int, str] = {}
    for code in range(0x80, 0x20000):
        plain = _plain(chr(code))
        if plain is not None:
            table[code] = plain
    # Chinese commas and the like end a phrase; folding them to ASCII would glue numbers together.
    table |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    for code in (0xFF0C, 0xFF1B, 0xFF01, 0xFF1F):
        del table[code]
    table |= dict.fromkeys(range(0xD800, 0xE000), _BULLET)
    table |= dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xFE58, 0xFE63), "-")
    return table | dict.fromkeys((0x2018, 0x2019, 0x201B, 0x02BC, 0x2032), "'")


_MEANINGFUL_SYMBOLS = frozenset(f"{FILLER}{MASK}\u00b0\u2103\u2109")


def _plain(character: str) -> str | None:
    """The plain form of one character: of spaces, digits, lettered and ornamental signs."""
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(character))
    compatible = unicodedata.normalize("NFKC", character)
    if len(compatible) == 1 and compatible.isascii() and compatible.isalnum():
        return compatible
    if category == "So" and compatible == character and character not in _MEANINGFUL_SYMBOLS:
        return _BULLET
    return None
