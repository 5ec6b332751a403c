"""Expressions that are tried only where a word begins as their matches do: most words of a text do not.

Reading a whole call with a long expression takes a millisecond, and there are dozens of them. The first
letters of the words of a text are looked up once, for all of them.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Set
from functools import lru_cache
from typing import Protocol

import regex

from redaction.beginnings import LONGEST, beginnings

_WORD = regex.compile(r"[\p{Latin}\p{Cyrillic}]+")
_ASCII_WORD = regex.compile("[A-Za-z]+")


class WordStarts:
    """Where the words of a text begin."""

    def __init__(self, text: str) -> None:
        starts: defaultdict[str, list[int]] = defaultdict(list)
        for match in (_ASCII_WORD if text.isascii() else _WORD).finditer(text):
            starts[match.group().lower()].append(match.start())
        self._starts = dict(starts)
        self._signs = frozenset() if text.isascii() else frozenset(text)
        self._by_first_letters: defaultdict[str, list[str]] = defaultdict(list)
        for word in self._starts:
            self._by_first_letters[word[:LONGEST]].append(word)

    def of(self, words: Set[str]) -> list[int]:
        """Where the words begin that are among ``words``, in order."""
        return self._sorted(self._starts.keys() & words)

    def beginning_with(self, letters: Set[str], stems: tuple[str, ...] = ()) -> list[int]:
        """Where words begin whose first letters are among ``letters`` or begin with one of ``stems``."""
        known = self._by_first_letters
        keys = known.keys() & letters
        if stems:
            keys |= {key for key in known if key.startswith(stems)}
        return self._sorted(word for key in keys for word in known[key])

    def satisfying(self, test: Callable[[str], bool]) -> list[int]:
        """Where the words begin that pass ``test``, which sees each word once and in lower case."""
        return self._sorted(word for word in self._starts if test(word))

    def _sorted(self, words: Iterable[str]) -> list[int]:
        return sorted(start for word in words for start in self._starts[word])

    def has_one_of(self, signs: frozenset[str]) -> bool:
        """Whether one of the characters, none of them ASCII, occurs."""
        return not signs.isdisjoint(self._signs)


def word_starts(text: str) -> WordStarts:
    """The words of a text; those of the last few long ones are kept, for many rules read each."""
    return _kept(text) if len(text) > _SHORT else WordStarts(text)


_SHORT = 120
_kept = lru_cache(maxsize=8)(WordStarts)


def lines_at(text: str, places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Start and end of the lines that hold one of the places, which are in order; neighbours come as one."""
    start = end = -2
    for place in places:
        if place <= end:
            continue
        first = text.rfind("\n", 0, place) + 1
        if first > end + 1:
            if end >= 0:
                yield start, end
            start = first
        end = text.find("\n", place)
        end = len(text) if end < 0 else end
    if end >= 0:
        yield start, end


class Finder(Protocol):
    """What finds the matches of an expression."""

    def finditer(self, string: str, /, pos: int, endpos: int) -> "Iterator[regex.Match[str]]":
        """The matches between two offsets, in order."""


class Anchored:
    """An expression whose matches begin with certain letters where a word begins, or with Han characters.

    Its matches are those of the expression itself, found faster.
    """

    def __init__(self, expression: str, flags: int = regex.IGNORECASE) -> None:
        """Raises ``ValueError`` when a match can begin with anything else, or inside a word."""
        first = beginnings(expression)
        self._letters = frozenset(way.letters for way in first if not way.is_han)
        self._stems = tuple(sorted({way.letters for way in first if way.goes_on and not way.is_han}))
        self._han = frozenset(way.letters for way in first if way.is_han)
        self._expression = regex.compile(expression, flags)

    def finditer(
        self, text: str, start: int = 0, end: int | None = None, *, overlapped: bool = False
    ) -> "Iterator[regex.Match[str]]":
        """The matches between two offsets, in order."""
        end = len(text) if end is None else end
        places = word_starts(text)
        if places.has_one_of(self._han):
            yield from self._expression.finditer(text, start, end, overlapped=overlapped)
            return
        starts = places.beginning_with(self._letters, self._stems)
        done = start
        for index in range(bisect_left(starts, start), len(starts)):
            at = starts[index]
            if at >= done and at < end and (match := self._expression.match(text, at, end)):
                yield match
                done = at if overlapped else match.end()

    def search(self, text: str, start: int = 0, end: int | None = None) -> "regex.Match[str] | None":
        """The first match between two offsets."""
        return next(self.finditer(text, start, end), None)


def matches_at(
    expression: "regex.Pattern[str]", text: str, places: Iterable[int]
) -> "Iterator[regex.Match[str]]":
    """The matches that begin at the places, which are in order; of two that overlap the first."""
    done = 0
    for place in places:
        if place >= done and (match := expression.match(text, place)):
            yield match
            done = match.end()


def anchored_if_possible(expression: str, flags: int) -> Finder:
    """An expression that is found fast if its matches begin words, and as any other if they do not."""
    try:
        return Anchored(expression, flags)
    except ValueError:
        plain: Finder = regex.compile(expression, flags)
        return plain
