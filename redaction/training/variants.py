"""Other spellings of the same conversation: as chats are typed, as speech is recognized, with other names."""

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby

import regex

from redaction import kinds
from redaction.training.examples import OUTSIDE, Conversation, Turn, Word, spell
from redaction.view import FILLER

_SIGNS = regex.compile(r"[^\w\s']")
_CAPITALISED = frozenset({kinds.PERSON, kinds.LOCATION, kinds.ADDRESS})
_CODES = frozenset({kinds.REFERENCE_CODE, kinds.ACCOUNT_NUMBER})
_SHORTEST_MISSPELLED = 4
_UPPER_CASE, _ENTITY, _CODE, _STRAY, _SENTENCE, _STOP = 0.05, 0.92, 0.5, 0.02, 0.85, 0.6

Name = Callable[[], str]


def as_recognized(conversation: Conversation) -> Conversation:
    """Lower case without punctuation."""
    return spell(conversation, lambda word: _SIGNS.sub("", word.text.lower()))


def as_typed(conversation: Conversation, rng: random.Random) -> Conversation:
    """Capitals and full stops put back into lower-case text, as carefully as people do it."""
    return tuple(_typed(turn, rng) for turn in conversation)


def blanked(conversation: Conversation, share: float, rng: random.Random) -> Conversation:
    """What is personal replaced by the filler that stands for a placeholder, in ``share`` of the turns.

    Redacted text is read once more, until nothing is found in it.
    """
    return tuple(_blanked(turn) if rng.random() < share else turn for turn in conversation)


def _blanked(turn: Turn) -> Turn:
    runs = groupby(turn, key=lambda word: word.label != OUTSIDE)
    return tuple(word for is_personal, run in runs for word in ([Word(FILLER)] if is_personal else run))


def renamed(
    conversation: Conversation, share: float, rng: random.Random, first: Name, last: Name
) -> Conversation:
    """Other people in ``share`` of the turns, word for word."""

    def change(word: Word) -> str:
        if word.label != kinds.PERSON or not word.text.isalpha():
            return word.text
        name = first() if rng.random() < 0.5 else last()
        return name.lower() if word.text.islower() else name

    return tuple(spell((turn,), change)[0] if rng.random() < share else turn for turn in conversation)


def _typed(turn: Turn, rng: random.Random) -> Turn:
    if rng.random() < _UPPER_CASE:
        return tuple(replace(word, text=word.text.upper()) for word in turn)
    words = [replace(word, text=_cased(word, rng)) for word in turn]
    if words and rng.random() < _SENTENCE:
        words[0] = replace(words[0], text=_capital(words[0].text))
    return (*words, Word(rng.choice("..!?"))) if words and rng.random() < _STOP else tuple(words)


def _cased(word: Word, rng: random.Random) -> str:
    if word.label in _CODES:
        return word.text.upper() if rng.random() < _CODE else word.text
    chance = _ENTITY if word.label in _CAPITALISED else _STRAY
    if word.text == "i" and word.label == OUTSIDE:
        return "I"
    return _capital(word.text) if rng.random() < chance else word.text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def misspelled(conversation: Conversation, share: float, rng: random.Random) -> Conversation:
    """A letter dropped, doubled or swapped with the next in ``share`` of the longer words.

    A word that no dictionary knows is not always a name.
    """

    def change(word: Word) -> str:
        if len(word.text) < _SHORTEST_MISSPELLED or not word.text.isalpha() or rng.random() >= share:
            return word.text
        at = rng.randrange(1, len(word.text) - 1)
        first, second = word.text[at], word.text[at + 1]
        middle = rng.choice([second, first + first + second, second + first])
        return word.text[:at] + middle + word.text[at + 2 :]

    return spell(conversation, change)
