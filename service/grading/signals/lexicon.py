"""The words of each language as data: what to find, what only looks like it, how to say what was found."""

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal, get_args

import yaml
from pydantic import BeforeValidator, Field, field_validator, model_validator

from service.domain.base import Model
from service.domain.scorecard import SignalName
from service.domain.transcript import Language
from service.grading.signals.folding import fold
from service.grading.signals.memory import is_shared, once
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
    "perhaps_rude",
    "not_meant",
    "one_word_answers",
    "questions_asked",
    "routine_questions",
    "asks_name",
    "announced_wait",
    "hold_request",
    "hold_asked",
    "hold_thanked",
    "wait_reason",
    "name_use",
    "promises",
    "time_named",
    "forbidden_words",
]
FIELDS = frozenset({"turn", "count", "of", "rate", "percent", "seconds", "before", "after", "details"})
"""What a sentence of the wording may mention in braces."""

_PUNCTUATION = 9
_LONGEST_PHRASE = 300

_FOLDER = Path(__file__).parent / "lexicons"


def _one_a_line(value: object) -> object:
    """A block of lines needs no YAML quoting, whatever brackets a phrase begins with."""
    return value.splitlines() if isinstance(value, str) else value


Lines = Annotated[tuple[str, ...], BeforeValidator(_one_a_line)]


class Group(Model):
    """Phrases to find for which the same may be said instead."""

    instead: Annotated[str, Field(min_length=1)]
    find: Annotated[Lines, Field(min_length=1)]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The search pattern."""
        return re.compile(to_pattern(self.find))


class Phrases(Model):
    """Phrases to find, those of `groups` included. Where one of `exceptions` begins no later than a phrase
    and covers its beginning, the phrase does not count.
    """

    find: Lines = ()
    groups: tuple[Group, ...] = ()
    exceptions: Lines = ()

    @model_validator(mode="after")
    def _are_well_formed(self) -> "Phrases":
        try:
            _ = self.pattern
        except re.error as error:
            raise ValueError(f"brackets that do not match: {error}") from error
        if not self.find and not self.groups:
            raise ValueError("there is nothing to find")
        return self

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The search pattern. A match without the group ``yes`` is an exception that swallowed its words."""
        find = [*self.find, *(phrase for group in self.groups for phrase in group.find)]
        return re.compile(f"{to_pattern(self.exceptions)}|(?P<yes>{to_pattern(find)})")


class Wording(Model):
    """How to say the outcome of a signal. `looked_for` names it in a noun phrase; `in_chat` says why a chat
    does not allow it, and `asked_for` that the customer had to ask; `doubtful` that only a
    reader can tell. `terms` are names of single points.
    """

    looked_for: str
    found: str
    missing: str
    unmeasurable: str
    in_chat: str = ""
    asked_for: str = ""
    doubtful: str = ""
    terms: dict[str, str] = {}

    @field_validator("found", "missing", "unmeasurable", "in_chat", "asked_for", "doubtful")
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
        if not is_shared():
            return self._search(name, text)
        return iter(once((id(self), name, text), lambda: tuple(self._search(name, text))))

    def _search(self, name: PhraseList, text: str) -> Iterator[tuple[int, int]]:
        for match in self.phrases[name].pattern.finditer(self._folded(text)):
            if match["yes"]:
                yield match.start() + _leading(match["yes"]), match.start() + _trimmed_length(match["yes"])

    def _folded(self, text: str) -> str:
        return once((id(self), text), lambda: fold(text, self.letters))

    def instead(self, name: PhraseList, text: str, start: int) -> str | None:
        """Return what to say instead of the phrase of this list that was found at `start` of `text`, or None
        where the list does not know.
        """
        # A phrase at the beginning of a text takes the punctuation before it along, as `spans` does not. One
        # character more, so that the beginning of what is looked at is not taken for that of the text.
        first = max(0, start - _PUNCTUATION - 1)
        folded = fold(text[first : start + _LONGEST_PHRASE], self.letters)
        places = range(start - first, min(first, 1) - 1, -1)
        found = (g.instead for at in places for g in self.phrases[name].groups if g.pattern.match(folded, at))
        return next(found, None)

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
