"""Conversations that hide a number: digits in words, figures and signs with all that people put between."""

from dataclasses import dataclass

from hypothesis import strategies as st

from redaction import Redaction, Segment

_WORDS = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "oh"),
    *("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "шестью"),
]
_SIGNS = "零一二三四五六七八九幺两０１２３４５６７８９٠١٢٣٤٥٦٧٨٩۴۵۶०१२𝟎𝟏𝟐①②③④⁴⁵₆"
_FILLERS = [
    "um",
    "uh",
    "mhm",
    "okay",
    "got it",
    "yes",
    "ну",
    "так",
    "угу",
    "ага",
    "э-э",
    "嗯",
    "那个",
    "好的",
]
_PAUSES = [f" {filler} " for filler in _FILLERS] + [f"\n{filler}\n" for filler in _FILLERS]
_BREAKS = [
    " ",
    "  ",
    "\n",
    "\n\n",
    " - ",
    " _ ",
    "\t",
    "\u00a0",
    " \u200b ",
    " … ",
    " | ",
    " + ",
    " • ",
    " ★ ",
    " 😀 ",
]
_HIDDEN = [
    "",
    "\u200b",
    "\u2060",
    "\u00ad",
    "\u202e",
    "\ufeff",
    "\x00",
    "\u0332",
    "\ufe0f\u20e3",
    "\ufffc",
    "·",
    "★",
]


@dataclass(frozen=True)
class Told:
    """The turns, and for each digit where it stands: turn, start and end."""

    turns: tuple[str, ...]
    digits: tuple[tuple[int, int, int], ...]

    def segments(self) -> list[Segment]:
        """The turns as they are redacted, the two sides taking turns."""
        return [Segment(("customer", "agent")[index % 2], turn) for index, turn in enumerate(self.turns)]

    def longest_run_left(self, result: Redaction) -> int:
        """How many digits in a row have no entity over them."""
        longest = run = 0
        for turn, start, end in self.digits:
            gone = any(
                piece.turn == turn and piece.start < end and start < piece.end for piece in result.entities
            )
            run = 0 if gone else run + 1
            longest = max(longest, run)
        return longest


def _is_harmless(figures: str) -> bool:
    """Years are harmless, and dates are made of them."""
    return len(figures) in (2, 4) and figures[:2] in ("18", "19", "20")


def told_numbers(before: str = "") -> st.SearchStrategy[Told]:
    """Conversations that begin with ``before`` and go on with digits."""
    word = st.sampled_from(_WORDS).map(lambda word: (word, False))
    figures = st.text("0123456789", min_size=1, max_size=5).filter(lambda text: not _is_harmless(text))
    glued = (figures | st.sampled_from(_SIGNS)).map(lambda text: (text, True))
    between = st.sampled_from(_PAUSES) | st.sampled_from(_BREAKS) | st.sampled_from(_BREAKS)
    parts = st.lists(st.tuples(word | glued, between, st.sampled_from(_HIDDEN)), min_size=7, max_size=24)
    return parts.map(lambda drawn: _conversation(before, drawn))


def _conversation(before: str, parts: list[tuple[tuple[str, bool], str, str]]) -> Told:
    text = before
    spans: list[tuple[int, int]] = []
    can_glue = True
    for (token, is_sign), between, hidden in parts:
        # Words have to stand apart from each other; figures and signs may also be held together by a trick.
        text += hidden if is_sign and can_glue and spans and hidden != "" else between if spans else ""
        can_glue = is_sign
        spans += (
            [(len(text) + at, len(text) + at + 1) for at in range(len(token))]
            if token.isdigit()
            else [(len(text), len(text) + len(token))]
        )
        text += token
    turns = tuple(text.split("\n"))
    starts = [sum(len(turn) + 1 for turn in turns[:index]) for index in range(len(turns))]
    digits = []
    for start, end in spans:
        turn = max(index for index, base in enumerate(starts) if base <= start)
        digits.append((turn, start - starts[turn], end - starts[turn]))
    return Told(turns, tuple(digits))
