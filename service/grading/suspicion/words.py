"""The words of folded text: what phrases are matched against, with the place of each in the conversation."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from service.grading.suspicion.folding import Folded
from service.grading.suspicion.split import WORD, is_han

_HALF = 0.5


class Word(NamedTuple):
    """One word: as it is compared, and where it stands (turn, and code points of the original text)."""

    text: str
    turn: int
    start: int
    end: int


def words_of(folded: Folded, turn: int) -> list[Word]:
    """Return the words of one turn in their order."""
    source = folded.source
    return [
        Word(match.group(), turn, source[match.start()], source[match.end() - 1] + 1)
        for match in WORD.finditer(folded.text)
    ]


def places(words: Iterable[str]) -> Iterator[float]:
    """Yield how far into the text each word stands, in words; a Chinese character is half a word."""
    at = 0.0
    for word in words:
        yield at
        at += _HALF if is_han(word) else 1.0


def spelled(words: list[Word]) -> list[Word]:
    """Return `words` with runs of six or more single letters put together: ``g i v e`` is "give".

    Where the gaps in a run differ, the wider ones part words; where they do not, all is one word.
    """
    joined: list[Word] = []
    run: list[Word] = []
    for word in words:
        if _is_letter(word) and (not run or run[-1].turn == word.turn):
            run.append(word)
            continue
        joined += _joined(run)
        run = [word] if _is_letter(word) else []
        joined += [] if run else [word]
    return joined + _joined(run)


_SHORTEST_RUN = 6


def _is_letter(word: Word) -> bool:
    return len(word.text) == 1 and word.text.isalpha() and word.text < "\u3400"


def _joined(run: list[Word]) -> list[Word]:
    if len(run) < _SHORTEST_RUN:
        return run
    gaps = [after.start - before.end for before, after in pairwise(run)]
    narrow = min(gaps)
    groups: list[list[Word]] = [[run[0]]]
    for gap, word in zip(gaps, run[1:], strict=True):
        if gap > narrow:
            groups.append([])
        groups[-1].append(word)
    return [
        Word("".join(word.text for word in group), group[0].turn, group[0].start, group[-1].end)
        for group in groups
    ]
