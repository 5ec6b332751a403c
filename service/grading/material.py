"""What a grading gets to see of a conversation: all of it, or what readers of its parts found telling."""

from dataclasses import dataclass

from service.grading.pieces import Piece


@dataclass(frozen=True, slots=True)
class Material:
    """`pieces` of turns in order; `summaries` of the parts, and how many `windows` they are (1: no parts)."""

    pieces: tuple[Piece, ...]
    summaries: tuple[str, ...] = ()
    windows: int = 1
