"""Fixed phrases that a policy or a caller gives: found in any case, at word boundaries."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import regex

from redaction.view import fold

_WORD_END = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{N}]")


def occurrences(phrases: Iterable[str], text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every occurrence of every phrase."""
    pattern = _pattern(tuple(sorted({fold(phrase) for phrase in phrases if phrase.strip()})))
    if pattern is not None:
        yield from (match.span() for match in pattern.finditer(text))


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
