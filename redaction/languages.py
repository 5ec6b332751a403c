"""Which languages are supported, and which one a conversation is in."""

from collections.abc import Iterable
from functools import cache
from typing import Final

import regex
from py3langid.langid import MODEL_FILE, LanguageIdentifier

SUPPORTED: Final = ("en", "ru", "zh")

_SAMPLE = 20_000
_LONG = 200
_CONFIDENT = 0.99
_HAN = regex.compile(r"\p{Han}")
_CYRILLIC = regex.compile(r"\p{Cyrillic}")
_LATIN = regex.compile(r"\p{Latin}")
_SCRIPTS: Final = {"en": _LATIN, "ru": _CYRILLIC, "zh": _HAN}


class UnsupportedLanguage(ValueError):
    """A language that there are no rules for."""

    def __init__(self, language: str) -> None:
        super().__init__(f"language {language!r} is not supported; supported are {', '.join(SUPPORTED)}")
        self.language = language


def check_language(language: str) -> str:
    """The supported language that a tag such as ``en-GB`` stands for. Raises ``UnsupportedLanguage``."""
    base = language.replace("_", "-").split("-")[0].lower()
    if base not in SUPPORTED:
        raise UnsupportedLanguage(language)
    return base


def detect_language(texts: Iterable[str]) -> str:
    """The supported language that one conversation is most likely in; ``en`` when nothing tells."""
    sample = _sample(texts)
    if not _has_letters(sample):
        return "en"
    return next(language for language, _ in _ranking(sample) if language in SUPPORTED)


def foreign_language(texts: Iterable[str]) -> str | None:
    """The language of a text that is long and confidently in none of the supported ones, else ``None``.

    Short texts never count as foreign: a few words are not enough to turn a customer away.
    """
    sample = _sample(texts)
    if len(sample) < _LONG or not _has_letters(sample):
        return None
    language, probability = _ranking(sample)[0]
    return language if language not in SUPPORTED and probability >= _CONFIDENT else None


def scripts_in(text: str) -> tuple[str, ...]:
    """The languages whose script occurs in the text, in the order of ``SUPPORTED``."""
    return tuple(language for language, script in _SCRIPTS.items() if script.search(text))


def _sample(texts: Iterable[str]) -> str:
    parts: list[str] = []
    size = 0
    for text in texts:
        parts.append(text[: _SAMPLE - size])
        size += len(parts[-1]) + 1
        if size >= _SAMPLE:
            break
    return "\n".join(parts).encode("utf-8", "replace").decode("utf-8")


def _has_letters(text: str) -> bool:
    return any(character.isalpha() for character in text)


def _ranking(text: str) -> list[tuple[str, float]]:
    """Every language that the model knows with its probability, the likeliest first."""
    return [(str(language), float(probability)) for language, probability in _identifier().rank(text)]


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
