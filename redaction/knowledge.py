"""What a network is told of a word besides its letters: a dictionary's notes, a vector of the word's use."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from redaction.russian_knowledge import RussianKnowledge


class Knowledge(Protocol):
    """What is known of the words of one language."""

    @property
    def notes(self) -> int:
        """How many notes there are on a word."""

    @property
    def size(self) -> int:
        """How many numbers a word's vector has."""

    def notes_of(self, word: str) -> Sequence[str]:
        """The notes on a word: words with the same note have something in common."""

    def row(self, word: str) -> int:
        """The place of a word's vector in the table of vectors."""

    def vectors(self, rows: NDArray[np.uint64]) -> NDArray[np.float32]:
        """The vectors at some places of the table, one row each."""


def knowledge_of(language: str) -> Knowledge | None:
    """What the network of a language is told; None where it sees letters only."""
    return RussianKnowledge() if language == "ru" else None
