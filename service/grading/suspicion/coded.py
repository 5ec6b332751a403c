"""Finds Base64 whose pieces stand in several turns."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from service.domain.transcript import Speaker
from service.grading.suspicion.decoding import coded_pieces, from_base64

MOST_PIECES = 6
"""Pieces that are joined at most: each number of them is tried, so that time stays linear."""


class Piece(NamedTuple):
    """What may be a part of a code, and where it stands: turn, and code points of its text."""

    text: str
    turn: int
    start: int
    end: int


def codes_in_pieces(
    texts: Sequence[str], speakers: Sequence[Speaker]
) -> Iterator[tuple[str, Sequence[Piece]]]:
    """Yield what pieces say that one speaker said one after another, and the pieces."""
    for speaker in dict.fromkeys(speakers):
        said = [
            Piece(text, number, start, end)
            for number, by in enumerate(speakers)
            if by == speaker
            for text, start, end in coded_pieces(texts[number])
        ]
        yield from _joined(said)


def _joined(said: Sequence[Piece]) -> Iterator[tuple[str, Sequence[Piece]]]:
    for first in range(len(said) - 1):
        for after in range(first + 2, min(first + MOST_PIECES, len(said)) + 1):
            pieces = said[first:after]
            decoded = from_base64([piece.text for piece in pieces])
            if decoded:
                yield decoded, pieces
