"""Invented sentences with slots, and how a slot is filled: conversations without a real person in them."""

import random
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from redaction.network import TURN
from redaction.training.examples import OUTSIDE, Conversation, Turn, Word
from redaction.training.variants import as_recognized

Value = Callable[[], str]

_SLOT = re.compile(r"(\{\w+\})")
_WORD = re.compile(r"\n|\S+")
_COMMENT = re.compile(r"(?m)^#.*\n?")
_LONGEST_DIALOGUE = 6
_MOST_PARTS = 5
_DIALOGUES, _CASED, _CAPITALS, _UPPER_CASE, _STOP = 0.25, 0.5, 0.7, 0.05, 0.6


class Templates:
    """The lines of a template file. Lines of a short block follow each other in a dialogue."""

    def __init__(self, path: Path, values: Mapping[str, Value], labels: Mapping[str, str]) -> None:
        """``values`` makes what a slot is filled with, ``labels`` names the slots that are personal."""
        blocks = [
            block.split("\n")
            for block in re.split(r"\n\s*\n", _COMMENT.sub("", path.read_text("utf-8")).strip())
        ]
        self.lines = [line for block in blocks for line in block if line]
        self.dialogues = [block for block in blocks if 1 < len(block) <= _LONGEST_DIALOGUE]
        self._values, self._labels = values, labels
        self.impersonal = [line for line in self.lines if not self._personal_slots(line)]

    def conversation(self, rng: random.Random) -> Conversation:
        """A few lines put together, in one spelling."""
        lines: list[str] = []
        for _ in range(rng.randint(1, _MOST_PARTS)):
            whole = rng.random() < _DIALOGUES
            lines += rng.choice(self.dialogues) if whole else [rng.choice(self.lines)]
        turns = tuple(self.fill(line) for line in lines)
        if rng.random() >= _CASED:
            return as_recognized(turns)
        if rng.random() < _UPPER_CASE:
            return tuple(tuple(Word(word.text.upper(), word.label) for word in turn) for turn in turns)
        return tuple(_sentence(turn, rng) for turn in turns)

    def remark(self, rng: random.Random) -> Turn:
        """One line that holds nothing personal."""
        return self.fill(rng.choice(self.impersonal))

    def fill(self, line: str) -> Turn:
        """The words of a line, its slots filled."""
        words: list[Word] = []
        for place, part in enumerate(_SLOT.split(line)):
            slot = part[1:-1] if place % 2 else ""
            text = self._values[slot]() if slot else part
            words += [
                Word(word, self._labels.get(slot, OUTSIDE)) for word in _WORD.findall(text) if word != TURN
            ]
        return tuple(words)

    def _personal_slots(self, line: str) -> list[str]:
        return [slot for slot in _SLOT.findall(line) if slot[1:-1] in self._labels]


def _sentence(turn: Turn, rng: random.Random) -> Turn:
    """Capitals and a full stop for a line that was written without."""
    if not turn or rng.random() >= _CAPITALS:
        return turn
    first = Word(turn[0].text[:1].upper() + turn[0].text[1:], turn[0].label)
    words = [first, *(Word("I") if word.text == "i" else word for word in turn[1:])]
    return (*words, Word(".")) if rng.random() < _STOP else tuple(words)
