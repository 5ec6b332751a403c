"""An invented set of told numbers, dates, names and addresses: what is found, and what else is hit."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
import regex

from redaction import Redactor, Segment

FILE = Path(__file__).parent / "data" / "told.txt"
LEAST_COVERED = 0.98
MOST_FALSE_PER_HUNDRED = 3.0
_MARKED = regex.compile(r"\[([^\]]*)\]")


@dataclass
class Dialogue:
    language: str
    segments: list[Segment] = field(default_factory=list)
    spans: list[tuple[int, int, int]] = field(default_factory=list)

    def add(self, speaker: str, marked: str) -> None:
        turn, text, at = len(self.segments), "", 0
        for match in _MARKED.finditer(marked):
            text += marked[at : match.start()]
            self.spans.append((turn, len(text), len(text) + len(match[1])))
            text += match[1]
            at = match.end()
        self.segments.append(Segment({"a": "agent", "c": "customer"}[speaker], text + marked[at:]))


@dataclass
class Outcome:
    dialogues: int = 0
    spans: int = 0
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)


def dialogues() -> list[Dialogue]:
    lines = (line for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    found = []
    for block in "\n".join(lines).strip().split("\n\n"):
        language, *turns = block.strip().splitlines()
        dialogue = Dialogue(language)
        for turn in turns:
            speaker, _, text = turn.partition(": ")
            dialogue.add(speaker, text)
        found.append(dialogue)
    return found


@cache
def outcome(language: str) -> Outcome:
    result = Outcome()
    for dialogue in dialogues():
        if dialogue.language == language:
            _score(dialogue, result)
    return result


def _score(dialogue: Dialogue, result: Outcome) -> None:
    redacted = Redactor().redact(dialogue.segments, dialogue.language)
    covered = {
        (entity.turn, place) for entity in redacted.entities for place in range(entity.start, entity.end)
    }
    result.dialogues += 1
    result.spans += len(dialogue.spans)
    texts = [segment.text for segment in dialogue.segments]
    for turn, start, end in dialogue.spans:
        letters = {(turn, place) for place in range(start, end) if texts[turn][place].isalnum()}
        if not letters <= covered:
            result.missed.append(f"{texts[turn]} -> {redacted.turns[turn]}")
    for entity in redacted.entities:
        if not any(
            entity.turn == turn and entity.start < end and start < entity.end
            for turn, start, end in dialogue.spans
        ):
            result.false.append(f"{texts[entity.turn]} -> {redacted.turns[entity.turn]}")


def test_the_set_has_more_than_a_hundred_dialogues_in_all_languages() -> None:
    languages = [dialogue.language for dialogue in dialogues()]
    assert len(languages) >= 100
    assert {language: languages.count(language) >= 30 for language in ("en", "ru", "zh")} == {
        "en": True,
        "ru": True,
        "zh": True,
    }


@pytest.mark.parametrize("language", ["en", "ru", "zh"])
def test_nearly_every_span_is_covered_whole(language: str) -> None:
    result = outcome(language)
    assert 1 - len(result.missed) / result.spans >= LEAST_COVERED, result.missed


@pytest.mark.parametrize("language", ["en", "ru", "zh"])
def test_hardly_anything_else_is_hit(language: str) -> None:
    result = outcome(language)
    assert 100 * len(result.false) / result.dialogues <= MOST_FALSE_PER_HUNDRED, result.false
