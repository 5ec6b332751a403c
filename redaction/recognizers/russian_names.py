"""Russian people and places: the trained network, the dictionary and, beside capitals, natasha vote."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

import numpy as np
import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.brands import brands_in
from redaction.lexicon import words
from redaction.network import Floats, Token, runs, tokens_of
from redaction.recognizers import news_names
from redaction.recognizers.networks import parts, tagger
from redaction.recognizers.reader import Found, Reader
from redaction.recognizers.russian_belief import believed, lines_with_capitals
from redaction.recognizers.russian_dictionary import votes
from redaction.recognizers.shapes import CaptureRecognizer
from redaction.russian import look_up

_LANGUAGE = "ru"
_KINDS = frozenset({kinds.PERSON, kinds.LOCATION, kinds.ADDRESS})
_LEAST = 0.5
_BEFORE_ADDRESS = ("адрес", "по")
_SCORE = 0.8
_DENIED = 0.02
_SELDOM_A_NAME = 0.8

_CAPITALISED = regex.compile(r"(?<!\p{L})\p{Lu}(?=\p{Cyrillic}*\p{Ll})\p{Cyrillic}+")
_SENTENCE_BEFORE = regex.compile(r"(?:^|[\n.!?…:])[ \"«(„—–-]*$")
_REACH = 4


def recognizers() -> list[EntityRecognizer]:
    """Names and places in text with Cyrillic letters."""
    return [Reader("russian names", sorted(_KINDS), _LANGUAGE, _named), _introduced()]


def _named(text: str) -> Iterator[Found]:
    for start, part in parts(_LANGUAGE, text):
        for kind, first, last, score in _named_in(part):
            yield kind, start + first, start + last, score


def _named_in(text: str) -> list[Found]:
    tokens = tokens_of(text)
    network = tagger(_LANGUAGE)
    probabilities = network.probabilities([token.text for token in tokens])
    lines = lines_with_capitals(text)
    labels = network.architecture.labels
    found = list(_by_network(tokens, believed(tokens, probabilities, labels, lines), labels))
    found += _by_dictionary(text, tokens, probabilities)
    found += news_names.names_in(text, _unexplained(text, lines, found))
    brands = list(brands_in(text))
    return [finding for finding in found if not _is_within(finding, brands)]


def _is_within(finding: Found, brands: Sequence[tuple[int, int]]) -> bool:
    """Whether a person or place is nothing but a part of a brand's name: "России" in "Почта России"."""
    kind, start, end, _ = finding
    at = bisect_right(brands, (start, end + 1)) - 1
    return kind != kinds.ADDRESS and at >= 0 and brands[at][0] <= start and end <= brands[at][1]


def _by_network(tokens: Sequence[Token], probabilities: Floats, labels: Sequence[str]) -> Iterator[Found]:
    for label, first, end, _ in runs(tokens, probabilities, labels, _LEAST):
        part = [token for token in tokens[first:end] if token.text[0].isalnum()]
        part = part[1:] if part and look_up(part[0].text.lower()).normal in _BEFORE_ADDRESS else part
        if label in _KINDS and part and (label != kinds.ADDRESS or _is_address(part)):
            yield label, part[0].start, part[-1].end, _SCORE


def _is_address(part: Sequence[Token]) -> bool:
    """Whether a word beside others says that it is an address: a size is told in as many numbers."""
    return len(part) > 1 and any(
        look_up(token.text.lower()).normal in words("ru_address_words") for token in part
    )


def _by_dictionary(text: str, tokens: Sequence[Token], probabilities: Floats) -> Iterator[Found]:
    """The dictionary's names, but for those that are ordinary words as well and no names to the network."""
    chances = dict(zip((token.start for token in tokens), 1 - probabilities[:, 0], strict=True))
    for vote in votes(text):
        doubtful = vote.share < _SELDOM_A_NAME and not vote.is_supported
        if not doubtful or chances.get(vote.start, 1.0) >= _DENIED:
            yield kinds.PERSON, vote.start, vote.end, 0.5 + vote.share * 0.4


def _unexplained(
    text: str, lines: Sequence[tuple[int, int]], found: Sequence[Found]
) -> Iterator[tuple[int, int]]:
    """The lines with a capital for which there is no reason yet: natasha is slow, and needs capitals."""
    taken = np.zeros(len(text) + 1, dtype=bool)
    for _, start, end, _ in found:
        taken[start:end] = True
    for start, end in lines:
        capitals = _CAPITALISED.finditer(text, start, end)
        if any(not taken[word.start()] and _wants_reason(text, word) for word in capitals):
            yield start, end


def _wants_reason(text: str, word: "regex.Match[str]") -> bool:
    begins = _SENTENCE_BEFORE.search(text, max(word.start() - _REACH, 0), word.start()) is not None
    return not begins or not look_up(word.group().lower()).known


def _introduced() -> EntityRecognizer:
    """Names that no dictionary knows, where somebody says what they are called."""
    return CaptureRecognizer(
        kinds.PERSON,
        {
            r"(?<!\w)(?:меня зовут|зовите меня|моя фамилия|мо[её] имя|на имя|фамилия[: ]|"
            r"фио[: ])[ :\-]{0,2}(?<value>\p{Cyrillic}{2,30})(?!\w)": 0.7,
        },
        language=_LANGUAGE,
        accept=lambda value: value.lower() not in words("ru_not_introduced"),
    )
