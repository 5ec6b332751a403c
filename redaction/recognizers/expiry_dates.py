"""When a card or a passport expires or was issued, told in words: they are asked for to identify somebody."""

from collections.abc import Iterator

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.anchored import Anchored
from redaction.recognizers.reader import Found, Reader
from redaction.spoken_dates import named_dates

_SCORE = 0.7
_TURNS_AFTER = 2
_REACH_AFTER = 150
_REACH_BEFORE = 600
_NAMED = Anchored(
    r"(?<!\w)(?:expir\w+|exp(?: date)?|valid (?:until|thru|through|till)|good (?:until|thru)|issued|"
    r"issue date|"
    r"срок\w*(?: действия)?|действ\w+ (?:до|по)|годна до|истекает|выдан\w*)(?!\w)|有效期|到期|签发|发证",
)
_DOCUMENT = regex.compile(
    rf"(?<!\w)(?:(?P<{kinds.CREDIT_CARD}>cards?|visa|mastercard|amex|american express|карт\w{{1,3}}|"
    rf"карточк\w+)|"
    rf"(?P<{kinds.PASSPORT}>passport|паспорт\w*)|(?P<{kinds.DRIVER_LICENSE}>licen[sc]e|водительск\w+|"
    rf"права))(?!\w)|"
    rf"(?P<{kinds.CREDIT_CARD}>卡)|(?P<{kinds.PASSPORT}>护照)|(?P<{kinds.DRIVER_LICENSE}>驾照|驾驶证)",
    regex.IGNORECASE,
)


def recognizers(language: str) -> list[EntityRecognizer]:
    """Dates near "expires", "срок действия", 有效期 and a document."""
    entities = [kinds.CREDIT_CARD, kinds.PASSPORT, kinds.DRIVER_LICENSE]
    return [Reader("expiry dates", entities, language, _expiry_dates)]


def _expiry_dates(text: str) -> Iterator[Found]:
    for start, end in named_dates(text, _NAMED, _TURNS_AFTER, _REACH_AFTER):
        kind = _document(text, start)
        if kind is not None:
            yield kind, start, end, _SCORE


def _document(text: str, at: int) -> str | None:
    """The last document that was spoken of before an offset."""
    line_end = text.find("\n", at)
    line_end = len(text) if line_end < 0 else line_end
    found = None
    for match in _DOCUMENT.finditer(text, max(at - _REACH_BEFORE, 0), line_end):
        found = match.lastgroup
    return found
