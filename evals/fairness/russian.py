"""The dictionary's readings of Russian words."""

from functools import cache, lru_cache

import pymorphy3

_LONGEST_WORD = 40


@lru_cache(maxsize=20_000)
def parses(word: str) -> tuple[pymorphy3.analyzer.Parse, ...]:
    """Return the readings of a word in lower case, the likeliest first; none for what is no word."""
    try:
        return tuple(_morph().parse(word[:_LONGEST_WORD]))
    except ValueError:
        # The dictionary asks for the Unicode names of letters, and rare scripts have none.
        return ()


@cache
def _morph() -> pymorphy3.MorphAnalyzer:
    return pymorphy3.MorphAnalyzer()
