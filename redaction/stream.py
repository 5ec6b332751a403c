"""A conversation as one text, so that what the agent asks is context for what the customer answers."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

SEPARATOR = "\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of one turn: ``start`` and ``end`` are offsets in the turn's text, end exclusive."""

    turn: int
    start: int
    end: int


class Stream:
    """The turns of one conversation joined by line breaks, with the way back from offsets to turns."""

    def __init__(self, turns: Sequence[str]) -> None:
        self.turns = tuple(turns)
        self.text = SEPARATOR.join(self.turns)
        self._starts: list[int] = []
        at = 0
        for turn in self.turns:
            self._starts.append(at)
            at += len(turn) + len(SEPARATOR)

    def offset(self, turn: int, position: int) -> int:
        """Where a position in a turn stands in the joined text."""
        return self._starts[turn] + position

    def turn_at(self, offset: int) -> int:
        """The turn that an offset of the joined text falls in; a separator belongs to the turn before it."""
        return bisect_right(self._starts, offset) - 1

    def pieces(self, start: int, end: int) -> list[Piece]:
        """What a span of the joined text covers of each turn, in order."""
        found: list[Piece] = []
        for turn in range(self.turn_at(start), len(self.turns)):
            base = self._starts[turn]
            if base >= end:
                break
            first = max(start - base, 0)
            last = min(end - base, len(self.turns[turn]))
            if first < last:
                found.append(Piece(turn, first, last))
        return found

    def span_of_turns(self, first: int, last: int) -> tuple[int, int]:
        """The span of the joined text from turn ``first`` to ``last``, both included, clipped."""
        first = max(first, 0)
        last = min(last, len(self.turns) - 1)
        return self._starts[first], self._starts[last] + len(self.turns[last])
