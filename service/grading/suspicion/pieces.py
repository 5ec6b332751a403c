"""Finds instructions that no turn says alone: their pieces stand in several."""

from collections.abc import Iterator, Sequence

from service.domain.transcript import Speaker
from service.grading.suspicion.matching import Match, matches
from service.grading.suspicion.words import Word

MOST_APART = 10
"""From the first to the last turn of an instruction in pieces."""

_FEWEST = 2


def in_pieces(turns: Sequence[list[Word]], speakers: Sequence[Speaker]) -> Iterator[Word]:
    """Yield the words that make an instruction together, one of each turn that has any.

    The turns of each speaker are read as one text, and so are all turns.
    """
    for speaker in dict.fromkeys(speakers):
        yield from _over([turn for turn, by in zip(turns, speakers, strict=True) if by == speaker])
    if len(set(speakers)) > 1:
        yield from _over(turns)


def _over(turns: Sequence[list[Word]]) -> Iterator[Word]:
    if len(turns) < _FEWEST:
        return
    words = [word for turn in turns for word in turn]
    for match in matches([word.text for word in words], [(word.turn, word.sentence) for word in words]):
        yield from _said(match, words)


def _said(match: Match, words: list[Word]) -> list[Word]:
    """Return the words of a match that lies in several turns, not too far apart; else none."""
    said = [word for hit in match.hits for word in words[hit.first : hit.last + 1]]
    numbers = {word.turn for word in said}
    is_apart = match.rule.apart and len(numbers) > 1 and max(numbers) - min(numbers) <= MOST_APART
    return said if is_apart else []
