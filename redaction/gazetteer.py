"""Countries, regions and cities of the world by name, and how sure a name is to be a place."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache

import regex

from redaction.anchored import matches_at, word_starts
from redaction.lexicon import lines

_WORD = r"(?<word>\p{Latin}[\p{Latin}\p{Mn}]*(?:['\-]\p{Latin}[\p{Latin}\p{Mn}]*)*)"
_FIRST_WORD = regex.compile(rf"(?<![\p{{Latin}}\p{{Mn}}]['\-]){_WORD}")
_NEXT_WORD = regex.compile(rf"\.? {_WORD}")
_LETTERS = regex.compile(r"\p{Latin}*")


class Sureness(Enum):
    """How much a name needs beside it to be read as a place."""

    SURE = "countries, regions and large cities"
    SMALL = "smaller towns, whose names few people know"
    DOUBTFUL = "places whose names are words or names of people too"


@dataclass(frozen=True, slots=True)
class Place:
    """A name of a place in a text; ``capital`` tells that each of its words begins with one."""

    start: int
    end: int
    sureness: Sureness
    capital: bool


def places(text: str) -> Iterator[Place]:
    """The names of places in Latin letters, in order, the longest where several begin at one word."""
    done = 0
    for first in matches_at(_FIRST_WORD, text, word_starts(text).satisfying(_begins_name)):
        words = _longest(text, first) if first.start() >= done else []
        if words:
            done = words[-1].end()
            capital = all(word["word"][0].isupper() for word in words[::3])
            yield Place(first.start(), done, _names()[_joined(words)], capital)


def _longest(text: str, first: "regex.Match[str]") -> "list[regex.Match[str]]":
    """The words of the longest name that begins with a word; none when there is no such name."""
    sizes = _sizes().get(plain(first["word"]), ())
    words = [first]
    while sizes and len(words) < sizes[0] and (word := _NEXT_WORD.match(text, words[-1].end())):
        words.append(word)
    fitting = (words[:size] for size in sizes if size <= len(words))
    return next((part for part in fitting if _joined(part) in _names()), [])


def _joined(words: "Iterable[regex.Match[str]]") -> str:
    return " ".join(plain(word["word"]) for word in words)


def _begins_name(letters: str) -> bool:
    return plain(letters) in _first_letters()


@cache
def _first_letters() -> frozenset[str]:
    """The letters with which the names begin: "st" for "st-denis"."""
    return frozenset(str(_LETTERS.match(name)[0]) for name in _sizes())


def place_size(words: Sequence[str]) -> int:
    """How many of the first words are the name of a place, whatever else it may mean; 0 for none."""
    known = [plain(word) for word in words]
    sizes = _sizes().get(known[0], ()) if known else ()
    fitting = (size for size in sizes if size <= len(known) and " ".join(known[:size]) in _names())
    return next(fitting, 0)


@lru_cache(maxsize=20_000)
def plain(name: str) -> str:
    """A name in lower case, without accents and full stops."""
    lower = name.lower()
    if not lower.isascii():
        decomposed = unicodedata.normalize("NFD", lower)
        lower = "".join(character for character in decomposed if not unicodedata.combining(character))
    return lower.replace(".", "")


@cache
def _names() -> dict[str, Sureness]:
    names: dict[str, Sureness] = {}
    for sureness, lists in (
        (Sureness.SMALL, ("places_small_cities",)),
        (Sureness.SURE, ("places_large_cities", "places_countries_en")),
        (Sureness.DOUBTFUL, ("places_ambiguous",)),
    ):
        names |= dict.fromkeys((plain(name) for each in lists for name in lines(each)), sureness)
    return names


@cache
def _sizes() -> dict[str, tuple[int, ...]]:
    """For the first word of every name: how many words its names have, most first."""
    sizes: dict[str, set[int]] = {}
    for name in _names():
        words = name.split(" ")
        sizes.setdefault(words[0], set()).add(len(words))
    return {first: tuple(sorted(counts, reverse=True)) for first, counts in sizes.items()}


def by_first_character(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Names by their first character, the longest first: for scripts that put no space between words."""
    index: dict[str, list[str]] = {}
    for name in sorted(names, key=len, reverse=True):
        index.setdefault(name[0], []).append(name)
    return {first: tuple(group) for first, group in index.items()}
