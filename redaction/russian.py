"""Russian words: their normal forms, and how likely they are to be names."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from sys import intern

import pymorphy3

_NAME_TAGS = {"Name": "given", "Surn": "family", "Patr": "patronymic"}
_KINDS_OF_NAME = ("Name", "Surn", "Patr", "Geox", "Orgn")
_STEPS = (0.01, 0.1, 0.4, 0.8)
# A call has a few thousand different words and calls share most of them; parsing one takes 0.2 ms.
_REMEMBERED = 50_000
_LONGEST_WORD = 40


@dataclass(frozen=True, slots=True)
class Word:
    """What the dictionary says of one word form.

    ``name_share`` and ``place_share`` are the shares, 0 to 1, of its readings that are names of
    persons or places; ``roles`` tells which kinds of personal name; ``name_forms`` are the normal forms of
    the readings that are personal names. ``readings`` says how much of the readings each kind of name has and
    ``grammar`` is the likeliest reading's: what a network is told of the word.
    """

    normal: str
    known: bool
    name_share: float
    place_share: float
    roles: frozenset[str]
    name_forms: frozenset[str]
    readings: str
    grammar: str


@lru_cache(maxsize=_REMEMBERED)
def look_up(word: str) -> Word:
    """The dictionary's view of one word in lower case."""
    morph = _morph()
    try:
        parses = morph.parse(word[:_LONGEST_WORD])
    except ValueError:
        # The dictionary asks for the Unicode names of letters, and rare scripts have none.
        return Word(word, False, 0.0, 0.0, frozenset(), frozenset(), "", "")
    named = [(parse, role) for parse in parses for tag, role in _NAME_TAGS.items() if tag in parse.tag]
    total = sum(parse.score for parse in parses) or 1.0
    known = morph.word_is_known(word)
    return Word(
        normal=parses[0].normal_form,
        known=known,
        name_share=sum(parse.score for parse, _ in named) / total,
        place_share=_share(parses, "Geox") / total,
        roles=frozenset(role for _, role in named),
        name_forms=frozenset(parse.normal_form for parse, _ in named),
        readings=intern(f"{known:d} {_amounts(parses, total)}"),
        grammar=intern(_grammar(parses[0].tag)),
    )


def normal_form(word: str) -> str:
    """The dictionary form of one word in lower case."""
    return look_up(word).normal


def _share(parses: Sequence[pymorphy3.analyzer.Parse], tag: str) -> float:
    return float(sum(parse.score for parse in parses if tag in parse.tag))


def _amounts(parses: Sequence[pymorphy3.analyzer.Parse], total: float) -> str:
    """A digit for each kind of name, 0 where no reading is one, 4 where nearly all are."""
    shares = (_share(parses, tag) / total for tag in _KINDS_OF_NAME)
    return "".join(str(bisect_right(_STEPS, share)) for share in shares)


def _grammar(tag: pymorphy3.tagset.OpencorporaTag) -> str:
    gender = tag.gender if tag.POS == "NOUN" else None
    return f"{tag.POS} {tag.case} {tag.number} {gender} {tag.animacy}"


@cache
def _morph() -> pymorphy3.MorphAnalyzer:
    return pymorphy3.MorphAnalyzer()
