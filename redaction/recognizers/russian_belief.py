"""How much is believed of what the Russian network says of a word: it depends on capital and dictionary."""

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
import regex

from redaction import kinds
from redaction.lexicon import words
from redaction.network import Floats, Token
from redaction.russian import look_up

# Chosen on three fifths of the training texts, each read by a network that had not seen it.
_LEAST = 0.5
_LEAST_UNKNOWN = 0.04
_LEAST_WITH_CAPITAL = 0.8
_LEAST_WITHOUT_CAPITAL = 0.97
_CERTAIN = 0.9
_SHORTEST_STRANGE = 4
_SURELY_NONE = 0.99
_OFTEN_A_NAME = 0.3

_CAPITALS = regex.compile(r"^[^\n]*\p{Ll}[,;:]? [\"«(„]?\p{Lu}[^\n]*$", regex.MULTILINE)


def lines_with_capitals(text: str) -> list[tuple[int, int]]:
    """Where the lines stand that have a capital inside of a sentence: they write names with one."""
    return [match.span() for match in _CAPITALS.finditer(text)]


def believed(
    tokens: Sequence[Token], probabilities: Floats, labels: Sequence[str], lines: Sequence[tuple[int, int]]
) -> Floats:
    """The probabilities, those of people and places made 0 or 1.

    What a word is, is decided by the mean over all its forms, unless it is certain where it stands.
    ``lines`` are those with capitals: a word without one hardly ever is a name there. Elsewhere a word
    that the dictionary does not know is a name at the least sign of it.
    """
    person, place = labels.index(kinds.PERSON), labels.index(kinds.LOCATION)
    means = _means(tokens, probabilities)
    has_capitals = _inside(tokens, lines)
    decided = probabilities.copy()
    for at in map(int, np.flatnonzero(means[:, [person, place]].max(axis=1) >= _LEAST_UNKNOWN)):
        row = probabilities[at] if probabilities[at, [person, place]].max() >= _CERTAIN else means[at]
        best = int(row[1:].argmax()) + 1
        if best in (person, place):
            least = _least(tokens[at].text, has_capitals[at], best == person)
            decided[at] = 0
            decided[at, best if row[best] >= least else 0] = 1
    return decided


def _means(tokens: Sequence[Token], probabilities: Floats) -> Floats:
    places: dict[str, list[int]] = {}
    for at, token in enumerate(tokens):
        if token.text[0].isalpha():
            places.setdefault(look_up(token.text.lower()).normal, []).append(at)
    means = probabilities.copy()
    for same in places.values():
        if len(same) > 1 and probabilities[same, 0].min() < _SURELY_NONE:
            means[same] = probabilities[same].mean(axis=0)
    return means


def _inside(tokens: Sequence[Token], lines: Sequence[tuple[int, int]]) -> list[bool]:
    """Which tokens stand on one of the lines."""
    starts = [start for start, _ in lines]
    places = (bisect_right(starts, token.start) - 1 for token in tokens)
    return [place >= 0 and token.end <= lines[place][1] for token, place in zip(tokens, places, strict=True)]


def _least(word: str, beside_capitals: bool, is_person: bool) -> float:
    """The probability that a word needs to be a name."""
    reading = look_up(word.lower())
    if word.lower() in words("ru_common") or reading.normal in words("ru_common"):
        return _CERTAIN
    if not beside_capitals:
        is_strange = is_person and not reading.known and len(word) >= _SHORTEST_STRANGE
        return _LEAST_UNKNOWN if is_strange else _LEAST
    if not word[0].islower() or word in words("ru_name_particles"):
        return _LEAST_WITH_CAPITAL
    is_name = reading.name_share + reading.place_share >= _OFTEN_A_NAME
    return _LEAST_WITH_CAPITAL if is_name else _LEAST_WITHOUT_CAPITAL
