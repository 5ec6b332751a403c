"""Where a word begins and ends."""

import re

# Chinese stands without spaces: each character is a word of its own.
_HAN = "\u3400-\u9fff"
WORD = re.compile(rf"[{_HAN}]|[^\W_{_HAN}]+|[/%★⭐]")
_PHRASE_WORD = re.compile(rf"[{_HAN}]|[^\W_{_HAN}]+\*?|[/%★⭐]")


def split(phrase: str) -> list[str]:
    """Return the words of a phrase of a lexicon; a star that ends a word stays with it."""
    return _PHRASE_WORD.findall(phrase)


def is_han(word: str) -> bool:
    """Whether `word` is a Chinese character."""
    return len(word) == 1 and "\u3400" <= word <= "\u9fff"
