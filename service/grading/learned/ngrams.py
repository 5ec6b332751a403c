"""A conversation as counts: words, pairs of words and pieces of words, of agent and customer apart."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, Protocol

from service.domain.transcript import Speaker

FORMULA = 1
"""Counts the changes of what is counted: weights fitted on the one mean nothing on the other."""

MAX_CHARACTERS = 20_000
"""Of one speaker's words that are read: of longer ones the first and the last half of this."""

LONGEST_TOKEN = 40
"""Characters of a word, or of a run of Chinese, that are read at once; what is longer is read in pieces."""

SHORTEST_PIECE, LONGEST_PIECE = 2, 5
"""Characters of a piece of a word, its borders (a blank on either side) included."""

Block = Literal["agent words", "agent pieces", "customer words", "customer pieces"]
BLOCKS: tuple[Block, ...] = ("agent words", "agent pieces", "customer words", "customer pieces")

NUMBER = "#"
"""Stands for any number: no digit is ever kept."""

MEASURES = ("agent length", "customer length", "turns", "agent questions", "customer questions")
"""The plain figures beside the counts, in the order of `measures`."""

_WORDS: dict[Speaker, Block] = {"agent": "agent words", "customer": "customer words"}
_PIECES: dict[Speaker, Block] = {"agent": "agent pieces", "customer": "customer pieces"}
_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PLACEHOLDER = re.compile(r"<([A-Z][A-Z_]{0,40}?)_?[0-9]{0,9}>")
_TOKEN = re.compile(
    rf"<[a-z_]{{1,41}}>|[{_HAN}]{{1,{LONGEST_TOKEN}}}|[^\W\d_{_HAN}]{{1,{LONGEST_TOKEN}}}|\d+|[?!]"
)
_QUESTION = re.compile("[?\uff1f]")


class Said(Protocol):
    """One turn, redacted: who spoke, and what."""

    @property
    def speaker(self) -> Speaker:
        """Who spoke; only `agent` and `customer` are read."""

    @property
    def text(self) -> str:
        """The redacted words."""


Counts = Mapping[Block, Counter[str]]
"""How often each n-gram occurs, by block."""


def count(turns: Sequence[Said]) -> Counts:
    """Return the n-grams of a conversation: for each speaker single words and pairs of neighbours, and pieces
    of `SHORTEST_PIECE` to `LONGEST_PIECE` characters of each word.

    Case is folded; every placeholder is its kind (`<PERSON_3>` is `<person>`), every number `NUMBER`. A
    Chinese character is a word of its own. Takes time in proportion to the text, of which `MAX_CHARACTERS`
    for each speaker are read.
    """
    counts: dict[Block, Counter[str]] = {block: Counter() for block in BLOCKS}
    for speaker in _WORDS:
        tokens = list(_tokens(_words_of(turns, speaker)))
        counts[_WORDS[speaker]] = _words(tokens)
        counts[_PIECES[speaker]] = _pieces(tokens)
    return counts


def measures(turns: Sequence[Said]) -> tuple[float, ...]:
    """Return the plain figures of `MEASURES`, each as ln(1 + x): characters, turns and question marks."""
    agent, customer = _words_of(turns, "agent"), _words_of(turns, "customer")
    asked = [len(_QUESTION.findall(text)) for text in (agent, customer)]
    spoken = sum(turn.speaker in _WORDS for turn in turns)
    return tuple(math.log1p(x) for x in (len(agent), len(customer), spoken, *asked))


def _words_of(turns: Sequence[Said], speaker: Speaker) -> str:
    text = "\n".join(turn.text for turn in turns if turn.speaker == speaker)
    if len(text) > MAX_CHARACTERS:
        half = MAX_CHARACTERS // 2
        text = f"{text[:half]}\n{text[-half:]}"
    return text


def _tokens(text: str) -> Iterator[str]:
    named = _PLACEHOLDER.sub(lambda match: f" <{match[1].lower()}> ", text)
    # One character may become eighteen.
    plain = unicodedata.normalize("NFKC", named).casefold()[: 2 * MAX_CHARACTERS]
    for match in _TOKEN.finditer(plain):
        token = match[0]
        yield NUMBER if token[0].isdigit() else token


def _words(tokens: Sequence[str]) -> Counter[str]:
    words = [word for token in tokens for word in (token if _is_han(token) else (token,))]
    pairs = (f"{first} {second}" for first, second in pairwise(words))
    return Counter(words) + Counter(pairs)


def _pieces(tokens: Sequence[str]) -> Counter[str]:
    pieces: Counter[str] = Counter()
    for token, times in Counter(tokens).items():
        if token[0] not in "<#?!":
            for piece in _pieces_of(token):
                pieces[piece] += times
    return pieces


def _pieces_of(token: str) -> Iterator[str]:
    word = f" {token} "
    for size in range(SHORTEST_PIECE, LONGEST_PIECE + 1):
        yield from (word[at : at + size] for at in range(len(word) - size + 1))


def _is_han(token: str) -> bool:
    return re.match(f"[{_HAN}]", token) is not None
