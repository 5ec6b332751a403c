"""Fixed phrases and numbers that a policy or a caller gives, and where they occur."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import regex

from redaction import russian
from redaction.told_digits import digits_of, numbers_in, subscriber_number
from redaction.view import fold

_WORD_END = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{N}]")
_LETTER = regex.compile(r"\p{L}")
_WORD = regex.compile(r"[^\W_]+")
_CYRILLIC = regex.compile(r"\p{Cyrillic}+")


def occurrences(phrases: Iterable[str], text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every occurrence of every phrase, in any case, at word boundaries."""
    pattern = _pattern(tuple(sorted({fold(phrase) for phrase in phrases if phrase.strip()})))
    if pattern is not None:
        yield from (match.span() for match in pattern.finditer(text))


def inflected(phrases: Iterable[str], text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every occurrence of the phrases with Russian words in them, in any of their forms."""
    wanted = _lemmas(tuple(phrases))
    if not wanted:
        return
    words = [(match.start(), match.end(), _lemma(match.group())) for match in _WORD.finditer(text)]
    for index, (start, _, lemma) in enumerate(words):
        for phrase in wanted.get(lemma, ()):
            told = words[index : index + len(phrase)]
            if tuple(word[2] for word in told) == phrase:
                yield start, told[-1][1]


def numbers(phrases: Iterable[str], text: str, least: int = 1) -> Iterator[tuple[int, int]]:
    """Start and end of every place where a phrase that is a number of ``least`` digits is written or told.

    Only digits count: "8 (800) 555-01-99" is "+78005550199" and "eight eight hundred five five five ...".
    """
    wanted = _subscriber_numbers(tuple(phrases))
    return numbers_in(text, {number for number in wanted if len(number) >= least})


@lru_cache(maxsize=64)
def _subscriber_numbers(phrases: tuple[str, ...]) -> frozenset[str]:
    digits = [digits_of(phrase) for phrase in phrases if not _LETTER.search(phrase)]
    return frozenset(subscriber_number(number) for number in digits if number)


@lru_cache(maxsize=64)
def _lemmas(phrases: tuple[str, ...]) -> dict[str, list[tuple[str, ...]]]:
    """The phrases with Russian words as sequences of normal forms, by their first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in phrases:
        lemmas = tuple(_lemma(word) for word in _WORD.findall(fold(phrase)))
        if any(_CYRILLIC.fullmatch(lemma) for lemma in lemmas):
            found.setdefault(lemmas[0], []).append(lemmas)
    return found


def _lemma(word: str) -> str:
    lower = word.lower()
    return russian.normal_form(lower) if _CYRILLIC.fullmatch(lower) else lower


@lru_cache(maxsize=64)
def _pattern(phrases: tuple[str, ...]) -> "regex.Pattern[str] | None":
    if not phrases:
        return None
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return regex.compile("|".join(_bounded(phrase.strip()) for phrase in longest_first), regex.IGNORECASE)


def _bounded(phrase: str) -> str:
    before = r"(?<![\p{Latin}\p{Cyrillic}\p{N}])" if _WORD_END.match(phrase[0]) else ""
    after = r"(?![\p{Latin}\p{Cyrillic}\p{N}])" if _WORD_END.match(phrase[-1]) else ""
    return before + r"\s+".join(regex.escape(word) for word in phrase.split()) + after
