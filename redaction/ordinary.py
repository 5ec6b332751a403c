"""Which English words are ordinary ones, and so no part of a name."""

from functools import cache

from spacy.lang.en.stop_words import STOP_WORDS

from redaction.lexicon import words


def is_ordinary(lower: str) -> bool:
    """Whether a word in lower case, with or without "'s" and the like, is an ordinary one."""
    return lower in _all() or ("'" in lower and lower.split("'")[0] in STOP_WORDS)


@cache
def ordinary_pattern() -> str:
    """An expression that matches one ordinary word."""
    return "|".join(sorted(_all(), key=lambda word: (-len(word), word)))


@cache
def _all() -> frozenset[str]:
    return frozenset(STOP_WORDS) | words("en_common")
