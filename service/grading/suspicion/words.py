"""The words of folded text: what phrases are matched against, with the place of each in the conversation."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from service.grading.suspicion.folding import Folded
from service.grading.suspicion.split import WORD, is_han

_HALF = 0.5
_SENTENCE_END = re.compile(r"[!?;\n]|\.(?![0-9a-zа-я])")


class Word(NamedTuple):
    """One word: as it is compared, and where it stands (turn, code points of the original text, sentence)."""

    text: str
    turn: int
    start: int
    end: int
    sentence: int = 0


def words_of(folded: Folded, turn: int) -> list[Word]:
    """Return the words of one turn in their order."""
    source = folded.source
    ends = [match.start() for match in _SENTENCE_END.finditer(folded.text)]
    return [
        Word(
            match.group(),
            turn,
            source[match.start()],
            source[match.end() - 1] + 1,
            bisect_left(ends, match.start()),
        )
        for match in WORD.finditer(folded.text)
    ]


def places(words: Iterable[str]) -> Iterator[float]:
    """Yield how far into the text each word stands, in words; a Chinese character is half a word."""
    at = 0.0
    for word in words:
        yield at
        at += _HALF if is_han(word) else 1.0


def spelled(words: list[Word], text: str = "") -> list[Word]:
    """Return `words` with runs of at least six letters put together: "give" is `g i v e` and `g.i.v.e`.

    Where the gaps in a run differ, the wider ones part words, and so do blanks among other signs of `text`,
    the original; where they do not, all is one word.
    """
    joined: list[Word] = []
    run: list[Word] = []
    for word in words:
        if _is_letter(word) and (not run or run[-1].turn == word.turn):
            run.append(word)
            continue
        joined += _joined(run, text)
        run = [word] if _is_letter(word) else []
        joined += [] if run else [word]
    return joined + _joined(run, text)


_SHORTEST_RUN = 6


def _is_letter(word: Word) -> bool:
    return len(word.text) == 1 and word.text.isalpha() and word.text < "\u3400"


def _joined(run: list[Word], text: str) -> list[Word]:
    if len(run) < _SHORTEST_RUN:
        return run
    gaps = [
        _width(text[before.end : after.start], after.start - before.end) for before, after in pairwise(run)
    ]
    narrow = min(gaps)
    groups: list[list[Word]] = [[run[0]]]
    for gap, word in zip(gaps, run[1:], strict=True):
        if gap > narrow:
            groups.append([])
        groups[-1].append(word)
    return [
        Word("".join(word.text for word in group), *group[0][1:3], group[-1].end, group[0].sentence)
        for group in groups
    ]


def _width(gap: str, length: int) -> tuple[int, int]:
    """Return how wide a gap between letters is: first by its blanks, then by all its signs."""
    return sum(map(str.isspace, gap)), length
