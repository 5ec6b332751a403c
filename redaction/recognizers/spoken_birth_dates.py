"""Dates of birth told in words: a stretch of date words where a date of birth is asked for or named."""

from collections.abc import Iterator

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.anchored import Anchored
from redaction.recognizers.reader import Found, Reader
from redaction.spoken_dates import dates, named_dates

_SCORE = 0.75
_TURNS_AFTER = 3
_REACH = 300
_LONGEST = 60
_BETWEEN = regex.compile(r" ?(?:的|is (?:my|his|her|the)|это (?:мой|моя)|-|,)? ?")
_JOINED = regex.compile(r"(?:的|is (?:my|his|her|the)|это (?:мой|моя)|-|,) ?$|[年月日号]$", regex.IGNORECASE)
_NAMED = Anchored(
    r"(?<!\w)(?:date of birth|birth ?date|birth ?day|d\.?o\.?b|(?:was |were |is |i'm |am )?born|"
    r"дат\w рождения|"
    r"родил\w+|рожд[её]н\w*|день рождения)(?!\w)|出生|生日|生于",
)


def recognizers(language: str) -> list[EntityRecognizer]:
    """Dates in words or mixed with figures, near "date of birth", "born", "родилась", 出生 and the like."""
    return [Reader("spoken birth dates", [kinds.DATE_OF_BIRTH], language, _birth_dates)]


def _birth_dates(text: str) -> Iterator[Found]:
    """Read the turn in which a date of birth is named, and the three after it."""
    for start, end in named_dates(text, _NAMED, _TURNS_AFTER, _REACH):
        yield kinds.DATE_OF_BIRTH, start, end, _SCORE
    # "March the third is my birthday" puts the date first.
    for named in _NAMED.finditer(text):
        yield from ((kinds.DATE_OF_BIRTH, *span, _SCORE) for span in _before(text, named.start()))


def _before(text: str, at: int) -> Iterator[tuple[int, int]]:
    line = text.rfind("\n", max(at - _LONGEST, 0), at) + 1
    if _JOINED.search(text, max(at - _LONGEST, 0), at):
        spans = dates(text, max(line, at - _LONGEST), at)
        yield from (span for span in spans if _BETWEEN.fullmatch(text, span[1], at))
