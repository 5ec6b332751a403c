"""What the trained network of a language takes for personal: one more vote beside the rules.

The network has learned names, places, addresses and codes. Of numbers the rules know more: what measures
something, what is a date, what was asked for. So a number is only voted for where the rules call it told and
not measured.
"""

from collections.abc import Iterator, Sequence
from functools import cache, partial

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds, lexicon
from redaction.brands import is_brand
from redaction.digit_runs import digit_runs
from redaction.names import TITLES
from redaction.network import Tagger, Token, runs, tokens_of
from redaction.numerals import is_number_word
from redaction.ordinary import is_ordinary
from redaction.recognizers.networks import parts, tagger
from redaction.recognizers.reader import Found, Reader
from redaction.spans import VOTE

_LEAST = 0.2
_LEAST_OF = {kinds.PERSON: 0.3, kinds.LOCATION: 0.3, kinds.EMAIL_ADDRESS: 0.5}
_LEAST_WHEN_ORDINARY = 0.9
_LEAST_OF_NUMBERS = 0.5
_FEW_WORDS, _LEAST_OF_FEW_WORDS = 3, 0.9
_UNITS = frozenset(
    [
        "kb",
        "mb",
        "gb",
        "tb",
        "mbps",
        "eur",
        "usd",
        "gbp",
        "miles",
        "km",
        "kg",
        "lbs",
        "oz",
        "ml",
        "ssd",
        "hdd",
        "ram",
        "hz",
        "ghz",
        "watt",
        "watts",
        "volt",
        "volts",
    ]
)
_FEWEST_DIGITS = 3

# Which number it is, the rules know better: theirs are told by shape, checksum and context.
_AS = {
    kinds.PHONE_NUMBER: kinds.ID_NUMBER,
    kinds.CREDIT_CARD: kinds.ID_NUMBER,
    kinds.US_SSN: kinds.ID_NUMBER,
    kinds.ACCOUNT_NUMBER: kinds.ID_NUMBER,
}
_CODES = frozenset({*_AS, kinds.REFERENCE_CODE})
_SHORTEST_CODE = 3
_SHORTEST = dict.fromkeys(_CODES, _SHORTEST_CODE) | {
    kinds.PERSON: 2,
    kinds.LOCATION: 2,
    kinds.ADDRESS: 2,
    kinds.SECRET: 3,
    kinds.EMAIL_ADDRESS: 6,
}
_NAMED = frozenset({kinds.PERSON, kinds.LOCATION})
_LAST = regex.compile(r"\W*?(?:\n|$)")
_FIRM = regex.compile(
    r" (?:Bank|Insurance|Telecom|Mobile|Airlines|Airways|Hotels?|Energy|Broadband|Media|Group|Inc|Ltd|"
    r"LLC|Limited|Corporation|Company|Stores?|Supermarket|Pharmacy|Logistics|Express|Electronics|Motors)\b"
)


def recognizers(language: str) -> list[EntityRecognizer]:
    """The network of a language that has one: ``en`` or ``ru``."""
    entities = sorted({*kinds.ALL} - {kinds.DENIED, kinds.DIGITS})
    return [Reader(f"network {language}", entities, language, partial(_findings, language))]


def _findings(language: str, text: str) -> Iterator[Found]:
    network = tagger(language)
    for start, part in parts(language, text):
        for label, first, last in _read(network, part):
            yield _AS.get(label, label), start + first, start + last, VOTE


def _read(network: Tagger, text: str) -> Iterator[tuple[str, int, int]]:
    tokens = tokens_of(text)
    probabilities = network.probabilities([token.text for token in tokens])
    told = _Told(text)
    for label, first, end, score in runs(tokens, probabilities, network.architecture.labels, _LEAST):
        part = _core(label, tokens[first:end])
        if part and _is_number(part):
            if score >= _LEAST_OF_NUMBERS and told.holds(part[0].start, part[-1].end):
                yield kinds.ID_NUMBER, part[0].start, part[-1].end
        elif part and _counts(label, part, score):
            span = part[0].start, part[-1].end
            if _fits(label, *span, text):
                yield label, *span


def _fits(label: str, start: int, end: int, text: str) -> bool:
    """Whether the surroundings allow it: a firm is nobody, and a word alone in a turn can only be a name."""
    if label in _NAMED and (_FIRM.match(text, end) or is_brand(text[start:end])):
        return False
    is_alone = (start == 0 or text[start - 1] == "\n") and _LAST.match(text, end) is not None
    if not (is_alone and text[start:end].isalpha()):
        return True
    return label == kinds.PERSON and not is_ordinary(text[start:end].lower())


def _core(label: str, part: Sequence[Token]) -> Sequence[Token]:
    """The tokens without signs at their ends, and without titles and the like around people and places."""
    told = [at for at, token in enumerate(part) if not _is_edge(label, token.text)]
    return part[told[0] : told[-1] + 1] if told else ()


def _is_edge(label: str, word: str) -> bool:
    lower = word.lower()
    if label in _NAMED:
        return not word[0].isalnum() or is_ordinary(lower) or lower in TITLES
    return not word[0].isalnum() or (label in _CODES and len(word) >= _SHORTEST_CODE and is_ordinary(lower))


def _is_number(part: Sequence[Token]) -> bool:
    """Whether there are digits, and beside them number words and ordinary ones at most."""
    words = [token.text.lower() for token in part if token.text[0].isalpha()]
    has_digits = any(token.text[0].isdigit() for token in part)
    return has_digits and all(is_ordinary(word) or is_number_word(word) for word in words)


def _counts(label: str, part: Sequence[Token], score: float) -> bool:
    """Whether a vote is good enough: short ones and everyday words are not easily believed."""
    words = [
        token.text for token in part if token.text[0].isalpha() and not is_number_word(token.text.lower())
    ]
    if score < _LEAST_OF.get(label, _LEAST) or sum(len(token.text) for token in part) < _SHORTEST[label]:
        return False
    if label == kinds.ADDRESS and len(part) <= _FEW_WORDS:
        likely = score >= _LEAST_OF_FEW_WORDS and _UNITS.isdisjoint(word.lower() for word in words)
        return likely or _is_in_address(words)
    if all(is_ordinary(word) or word in lexicon.words("en_ambiguous") for word in words):
        return bool(words) and score >= _LEAST_WHEN_ORDINARY
    return True


def _is_in_address(words: Sequence[str]) -> bool:
    """Whether one of the words is a word for a street, or a town: "24 MB" and "2017 honda" are none."""
    return any(word.lower() in known for word in words for known in _address_words())


@cache
def _address_words() -> tuple[frozenset[str], ...]:
    return (
        *(lexicon.words(name) for name in ("streets_after_name", "streets_before_name")),
        *(frozenset(lexicon.lines(name)) for name in ("places_large_cities", "places_small_cities")),
    )


class _Told:
    """Which numbers of a text are told, and measure nothing; looked up when first asked."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._spans: list[tuple[int, int]] | None = None

    def holds(self, start: int, end: int) -> bool:
        """Whether a told number of a few digits overlaps the span."""
        if self._spans is None:
            told = digit_runs(self._text)
            self._spans = [
                (run.start, run.end) for run in told if run.digits >= _FEWEST_DIGITS and not run.is_year
            ]
        return any(first < end and start < last for first, last in self._spans)
