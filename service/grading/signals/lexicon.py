"""The words of each language as data: what to find, what only looks like it, how to say what was found."""

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal, get_args

import yaml
from pydantic import Field, field_validator, model_validator

from service.domain.base import Model
from service.domain.scorecard import SignalName
from service.domain.transcript import Language
from service.grading.signals.folding import fold
from service.grading.signals.phrases_language import to_pattern

PhraseList = Literal[
    "greeting",
    "self_introduction",
    "closing",
    "thanks",
    "empathy",
    "apology",
    "filler_words",
    "rude_words",
    "one_word_answers",
    "questions_asked",
    "routine_questions",
    "asks_name",
    "announced_wait",
]
FIELDS = frozenset({"turn", "count", "of", "rate", "percent", "seconds", "before", "after"})
"""What a sentence of the wording may mention in braces."""

_FOLDER = Path(__file__).parent / "lexicons"


class Phrases(Model):
    """Phrases to find. Where one of `exceptions` begins no later than a phrase and covers its beginning, the
    phrase does not count.
    """

    find: Annotated[tuple[str, ...], Field(min_length=1)]
    exceptions: tuple[str, ...] = ()

    @field_validator("find", "exceptions", mode="before")
    @classmethod
    def _one_a_line(cls, value: object) -> object:
        """A block of lines needs no YAML quoting, whatever brackets a phrase begins with."""
        return value.splitlines() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _are_well_formed(self) -> "Phrases":
        try:
            _ = self.pattern
        except re.error as error:
            raise ValueError(f"brackets that do not match: {error}") from error
        return self

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The search pattern. A match without the group ``yes`` is an exception that swallowed its words."""
        return re.compile(f"{to_pattern(self.exceptions)}|(?P<yes>{to_pattern(self.find)})")


class Wording(Model):
    """How to say the outcome of a signal. `looked_for` names it in a noun phrase; `in_chat` says why a chat
    does not allow it, and `asked_for` that the customer had to ask.
    """

    looked_for: str
    found: str
    missing: str
    unmeasurable: str
    in_chat: str = ""
    asked_for: str = ""

    @field_validator("found", "missing", "unmeasurable", "in_chat", "asked_for")
    @classmethod
    def _mentions_known_fields(cls, sentence: str) -> str:
        unknown = {name for _, name, _, _ in Formatter().parse(sentence) if name is not None} - FIELDS
        if unknown:
            raise ValueError(f"unknown fields {sorted(unknown)}; known are {sorted(FIELDS)}")
        return sentence


class Lexicon(Model):
    """One language: `fold` maps characters that are written in two ways, `decimal` is the decimal sign."""

    fold: dict[Annotated[str, Field(min_length=1)], str] = {}
    decimal: Literal[".", ","] = "."
    phrases: dict[PhraseList, Phrases]
    wording: dict[SignalName, Wording]

    @model_validator(mode="after")
    def _is_complete(self) -> "Lexicon":
        missing = {*get_args(PhraseList)} - {*self.phrases} | {*get_args(SignalName)} - {*self.wording}
        if missing:
            raise ValueError(f"the lexicon lacks {sorted(missing)}")
        if any(len(left) != len(right) for left, right in self.fold.items()):
            raise ValueError("fold maps strings of equal length")
        return self

    @cached_property
    def letters(self) -> dict[int, str]:
        """The folding of single characters, for `str.translate`."""
        pairs = ((a, b) for left, right in self.fold.items() for a, b in zip(left, right, strict=True))
        return {ord(a): b for a, b in pairs}

    def spans(self, name: PhraseList, text: str) -> Iterator[tuple[int, int]]:
        """Yield the spans of `text` in which a phrase of this list stands, from left to right."""
        folded = fold(text, self.letters)
        for match in self.phrases[name].pattern.finditer(folded):
            if match["yes"]:
                yield match.start() + _leading(match["yes"]), match.start() + _trimmed_length(match["yes"])

    def number(self, value: float, digits: int = 0) -> str:
        """Return `value` rounded and written as this language writes it."""
        return f"{value:.{digits}f}".replace(".", self.decimal)


def _is_part(character: str) -> bool:
    return character.isalnum() or character in "<>"


def _leading(matched: str) -> int:
    return next((i for i, character in enumerate(matched) if _is_part(character)), 0)


def _trimmed_length(matched: str) -> int:
    last = next((i for i, character in enumerate(reversed(matched)) if _is_part(character)), 0)
    return len(matched) - last


@lru_cache
def lexicon(language: Language) -> Lexicon:
    """Return the lexicon of a language, read once."""
    text = (_FOLDER / f"{language}.yaml").read_text(encoding="utf-8")
    return Lexicon.model_validate(yaml.safe_load(text))
