"""Parts of turns, and how a long conversation is divided into windows of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from service.domain.transcript import RedactedConversation, Turn
from service.grading.fence import turn_line

OVERLAP = 0.1
"""Share of a window that the next one begins with again, so that no exchange is torn apart."""

TOLD_PAUSE_S = 5.0
"""Shorter silences are how people talk."""

# A turn that fills more than this share of a window is divided itself.
_LONGEST_SHARE = 0.25
_CUT = "…"

Cost = Callable[["Piece"], int]


class Piece(NamedTuple):
    """Code points `start` to `end` of a turn."""

    turn: int
    start: int
    end: int


def whole(conversation: RedactedConversation) -> tuple[Piece, ...]:
    """Return every turn, whole."""
    return tuple(Piece(number, 0, len(turn.text)) for number, turn in enumerate(conversation.turns))


def piece_line(piece: Piece, turns: Sequence[Turn], code: str) -> str:
    """Return a piece as the line of its turn, with an ellipsis where the turn goes on."""
    turn = turns[piece.turn]
    before = f"{_CUT} " if piece.start > 0 else ""
    after = f" {_CUT}" if piece.end < len(turn.text) else ""
    text = f"{before}{turn.text[piece.start : piece.end]}{after}"
    return turn_line(piece.turn, turn.speaker, text, code, _pause(piece, turns))


def is_timed(turns: Sequence[Turn]) -> bool:
    """Whether every turn says when it began and ended, so that a pause that is not told is none."""
    return all(turn.start_s is not None and turn.end_s is not None for turn in turns)


def windows(
    pieces: Iterable[Piece], turns: Sequence[Turn], cost: Cost, budget: int
) -> list[tuple[Piece, ...]]:
    """Divide `pieces` into windows that cost at most `budget` each and overlap a little.

    Every code point of every piece is in some window. Windows end between turns; only a turn that is longer
    than a quarter of a window is divided, at white space where there is some.
    """
    longest = max(int(budget * _LONGEST_SHARE), 1)
    parts = [part for piece in pieces for part in _divided(piece, turns, cost, longest)]
    costs = [cost(part) for part in parts]
    found: list[tuple[Piece, ...]] = []
    start = 0
    while start < len(parts):
        end = _filled(costs, start, budget)
        found.append(merged(parts[start:end]))
        if end == len(parts):
            break
        start = max(_back(costs, end, int(budget * OVERLAP)), start + 1)
    return found


def merged(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Return `pieces` in order, those that touch or overlap joined."""
    joined: list[Piece] = []
    for turn, group in groupby(sorted(pieces), key=lambda piece: piece.turn):
        last: Piece | None = None
        for piece in group:
            if last is not None and piece.start <= last.end:
                last = Piece(turn, last.start, max(last.end, piece.end))
                joined[-1] = last
            else:
                last = piece
                joined.append(piece)
    return tuple(joined)


def _pause(piece: Piece, turns: Sequence[Turn]) -> float | None:
    """Return the seconds of silence before a turn, where they are known and worth telling."""
    if piece.turn == 0 or piece.start > 0:
        return None
    ended, began = turns[piece.turn - 1].end_s, turns[piece.turn].start_s
    if ended is None or began is None or began - ended < TOLD_PAUSE_S:
        return None
    return began - ended


def _filled(costs: Sequence[int], start: int, budget: int) -> int:
    """Return where the window that begins at `start` ends; it holds at least one piece."""
    spent, end = costs[start], start + 1
    while end < len(costs) and spent + costs[end] <= budget:
        spent += costs[end]
        end += 1
    return end


def _back(costs: Sequence[int], end: int, budget: int) -> int:
    """Return where the window after `end` begins when it repeats pieces worth at most `budget`."""
    start, spent = end, 0
    while start > 0 and spent + costs[start - 1] <= budget:
        start -= 1
        spent += costs[start]
    return start


def _divided(piece: Piece, turns: Sequence[Turn], cost: Cost, longest: int) -> Iterator[Piece]:
    price = cost(piece)
    if price <= longest or piece.end - piece.start < 2:
        yield piece
        return
    text = turns[piece.turn].text
    middle = (piece.start + piece.end) // 2
    cut = _white_space_near(text, middle, piece)
    yield from _divided(Piece(piece.turn, piece.start, cut), turns, cost, longest)
    # A few words again, so that a sentence across the cut can be quoted.
    again = _white_space_near(text, max(cut - _repeated(piece, cut), piece.start + 1), piece)
    yield from _divided(Piece(piece.turn, min(again, cut), piece.end), turns, cost, longest)


def _repeated(piece: Piece, cut: int) -> int:
    """Code points that both halves hold: few against the half, so that halving ends."""
    return min(120, (cut - piece.start) // 4)


def _white_space_near(text: str, at: int, piece: Piece) -> int:
    """Return the offset after the last white space before `at`, if there is some near; else `at`."""
    for offset in range(at, max(at - 80, piece.start), -1):
        if text[offset - 1].isspace():
            return offset
    return at
