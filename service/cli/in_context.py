"""Quotes where they were said: the turn before and the turn after, the words marked."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from rich.text import Text

from service.cli.output import printable
from service.cli.page import Page
from service.domain.evaluation import RedactedTurn
from service.domain.grade import Absence, Evidence

MARK = "black on yellow"
_AROUND = 120
_LONGEST_QUOTE = 2000
_SHORT_QUOTE = 90

Span = tuple[int, int]


def show_in_context(
    page: Page, turns: Sequence[RedactedTurn] | None, evidence: Sequence[Evidence], *, indent: int
) -> None:
    """Write the turns that hold quotes and their neighbours; a quote that does not stand there is told of.

    Without turns, the quotes alone.
    """
    if turns is None:
        for piece in evidence:
            page.line(in_short(piece), indent=indent)
        return
    for piece in evidence:
        if not stands(turns, piece):
            page.line(f"this quote does not stand there: {in_short(piece)}", indent=indent, style="bold red")
    spans = _spans_by_turn(piece for piece in evidence if stands(turns, piece))
    show_marked(page, turns, spans, indent=indent)


def show_marked(
    page: Page, turns: Sequence[RedactedTurn], spans: Mapping[int, Sequence[Span]], *, indent: int
) -> None:
    """Write the turns of `spans` (by turn number, merged and in order) and their neighbours."""
    near = {number + step for number in spans for step in (-1, 0, 1)}
    shown = sorted(number for number in near if 0 <= number < len(turns))
    for before, number in pairwise([shown[0] if shown else 0, *shown]):
        if number > before + 1:
            page.line("…", indent=indent, first="  ")
        marked = spans.get(number, ())
        text = _marked(turns[number].text, marked, page) if marked else _clipped(turns[number].text)
        sign = "> " if marked else "  "
        first, style = f"{sign}[{number}] {turns[number].speaker}: ", "" if marked else "dim"
        page.line(text, indent=indent, first=first, style=style)


def show_turns(page: Page, turns: Sequence[RedactedTurn]) -> None:
    """Write a whole conversation."""
    for number, turn in enumerate(turns):
        page.line(turn.text, indent=1, first=f"[{number}] {turn.speaker}: ")


def in_short(piece: Evidence) -> str:
    """Return a quote on one line, its turn and speaker before it."""
    return f"[{piece.turn}] {piece.speaker}: “{shortened(piece.quote)}”"


def shortened(quote: str) -> str:
    """Return at most 90 characters of a quote."""
    quote = printable(quote)
    return quote if len(quote) <= _SHORT_QUOTE else quote[: _SHORT_QUOTE - 1] + "…"


def searched(absence: Absence, turns: int | None) -> str:
    """Return which turns were searched, and how many of how many that is."""
    ranges = ", ".join(f"{first}–{last}" if first != last else f"{first}" for first, last in absence.searched)
    single = len(absence.searched) == 1 and absence.searched[0][0] == absence.searched[0][1]
    ranges = f"turn {ranges}" if single else f"turns {ranges}"
    if turns is None:
        return ranges
    covered = {n for first, last in absence.searched for n in range(first, min(last, turns - 1) + 1)}
    return ranges + (", which is all of them" if len(covered) == turns else f" of {turns}")


def stands(turns: Sequence[RedactedTurn], piece: Evidence) -> bool:
    """Whether a quote stands in its turn, at its span, and its speaker said it."""
    if piece.turn >= len(turns) or turns[piece.turn].speaker != piece.speaker:
        return False
    return turns[piece.turn].text[piece.start : piece.end] == piece.quote


def _spans_by_turn(evidence: Iterable[Evidence]) -> dict[int, list[Span]]:
    spans: dict[int, list[Span]] = {}
    for piece in sorted(evidence, key=lambda piece: (piece.turn, piece.start)):
        of_turn = spans.setdefault(piece.turn, [])
        if of_turn and piece.start <= of_turn[-1][1]:
            of_turn[-1] = (of_turn[-1][0], max(of_turn[-1][1], piece.end))
        else:
            of_turn.append((piece.start, piece.end))
    return spans


def _marked(said: str, spans: Sequence[Span], page: Page) -> Text:
    """Return what was said with the spans marked, and what is far from them left out."""
    said, text, at = printable(said), Text(), 0
    opening, closing = ("", "") if page.has_colour else ("»", "«")
    for start, end in spans:
        text.append(_clipped(said[at:start], keep_start=at > 0))
        quote = _clipped(said[start:end], around=_LONGEST_QUOTE // 2)
        text.append(opening).append(quote, MARK).append(closing)
        at = end
    return text.append(_clipped(said[at:], keep_end=False))


def _clipped(text: str, *, around: int = _AROUND, keep_start: bool = True, keep_end: bool = True) -> str:
    """Return `text` with at most `around` characters of its start, of its end, or of both."""
    start, end = around * keep_start, around * keep_end
    if len(text) <= start + end:
        return text
    return text[:start] + "…" + text[len(text) - end :]
