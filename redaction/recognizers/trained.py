"""What the trained network of a language takes for personal: one more vote beside the rules.

The network has learned names, places, addresses and codes. Of numbers the rules know more: what measures
something, what is a date, what was asked for. So a number is only voted for where the rules call it told and
not measured.
"""

from collections.abc import Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from threading import Lock

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.digit_runs import digit_runs
from redaction.network import WEIGHTS, Tagger, Token, runs, tokens_of
from redaction.numerals import is_number_word
from redaction.ordinary import is_ordinary
from redaction.recognizers.reader import Found, Reader
from redaction.spans import VOTE

_LEAST = 0.35
_LEAST_WHEN_ORDINARY = 0.9
_LEAST_OF_NUMBERS = 0.5
_FEWEST_DIGITS = 3
_SHORTEST_CODE = 3

# Which number it is, the rules know better: theirs are told by shape, checksum and context.
_AS = {
    kinds.PHONE_NUMBER: kinds.ID_NUMBER,
    kinds.CREDIT_CARD: kinds.ID_NUMBER,
    kinds.US_SSN: kinds.ID_NUMBER,
    kinds.ACCOUNT_NUMBER: kinds.ID_NUMBER,
}
_CODES = frozenset({*_AS, kinds.REFERENCE_CODE})
_STRANGE = {
    "en": regex.compile(r"[\p{L}--\p{Latin}]", regex.V1),
    "ru": regex.compile(r"[\p{L}--\p{Cyrillic}]", regex.V1),
}
_folders = [WEIGHTS]
_loading = Lock()


def recognizers(language: str) -> list[EntityRecognizer]:
    """The network of a language that has one: ``en`` or ``ru``."""
    entities = sorted({*kinds.ALL} - {kinds.DENIED, kinds.DIGITS})
    return [Reader(f"network {language}", entities, language, partial(_findings, language))]


def use_weights(folder: Path) -> None:
    """Read weights from another folder from now on, in this process: to measure them before they ship."""
    _folders[:] = [folder]


def _findings(language: str, text: str) -> Iterator[Found]:
    for start, part in _parts(language, text):
        for label, first, last in _read(_tagger(language), part):
            yield _AS.get(label, label), start + first, start + last, VOTE


def _read(tagger: Tagger, text: str) -> Iterator[tuple[str, int, int]]:
    tokens = tokens_of(text)
    probabilities = tagger.probabilities([token.text for token in tokens])
    told = _Told(text)
    for label, first, end, score in runs(tokens, probabilities, tagger.architecture.labels, _LEAST):
        part = _core(tokens[first:end])
        if part and _counts(label, part, score, told):
            yield label, part[0].start, part[-1].end


def _core(part: Sequence[Token]) -> Sequence[Token]:
    """The tokens without signs at their ends."""
    words = [at for at, token in enumerate(part) if token.text[0].isalnum()]
    return part[words[0] : words[-1] + 1] if words else ()


def _counts(label: str, part: Sequence[Token], score: float, told: "_Told") -> bool:
    words = [
        token.text for token in part if token.text[0].isalpha() and not is_number_word(token.text.lower())
    ]
    uncommon = [word for word in words if not is_ordinary(word)]
    if not uncommon and any(token.text[0].isdigit() for token in part):
        return score >= _LEAST_OF_NUMBERS and told.holds(part[0].start, part[-1].end)
    if label in _CODES and sum(len(token.text) for token in part) < _SHORTEST_CODE:
        return False
    return bool(uncommon) or (bool(words) and score >= _LEAST_WHEN_ORDINARY)


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


def _parts(language: str, text: str) -> Iterator[tuple[int, str]]:
    """The lines that are mostly in the network's script, neighbours together: it has read nothing else."""
    if not _STRANGE[language].search(text):
        yield 0, text
        return
    start = at = 0
    for line in text.splitlines(keepends=True):
        if not _is_own(language, line):
            yield from [(start, text[start:at])] * (at > start)
            start = at + len(line)
        at += len(line)
    yield from [(start, text[start:at])] * (at > start)


def _is_own(language: str, line: str) -> bool:
    strange = len(_STRANGE[language].findall(line))
    return 2 * strange < sum(map(str.isalpha, line)) if strange else True


def _tagger(language: str) -> Tagger:
    with _loading:
        return _load(_folders[0] / f"{language}.npz")


@cache
def _load(path: Path) -> Tagger:
    return Tagger.load(path)
