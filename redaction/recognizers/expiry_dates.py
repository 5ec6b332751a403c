"""When a card or a passport expires or was issued, told in words: they are asked for to identify somebody."""

from bisect import bisect_right
from collections.abc import Iterator

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.anchored import Anchored
from redaction.digit_runs import is_bridge
from redaction.recognizers.reader import Found, Reader
from redaction.spoken_dates import named_dates

_SCORE = 0.7
_TURNS_AFTER = 2
_REACH_AFTER = 150
_REACH_BEFORE = 600
_REACH_FIGURES = 30
# In figures only beside what names it: conversations are full of other dates.
_FIGURES = regex.compile(r"\d{1,2}([-./ ])\d{1,2}\1\d{2,4}(?!\d)|\d{4}([-./])\d{1,2}\2\d{1,2}(?!\d)")
_VAGUE = regex.compile(r"срок\w*", regex.IGNORECASE)
_DIGIT = regex.compile(r"\d")
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
    names = list(_NAMED.finditer(text))
    ends = [name.end() for name in names]
    answered: set[int] = set()
    for start, end in sorted(named_dates(text, _NAMED, _TURNS_AFTER, _REACH_AFTER)):
        at = bisect_right(ends, start) - 1
        is_same_turn = "\n" not in text[ends[at] : start]
        kind = _document(text, start, _REACH_BEFORE)
        if _FIGURES.match(text, start):
            kind = _document_of_figures(text, names[at], start)
        # Who names it and tells it in one turn does not go on in the next.
        if kind is None or (at in answered and not is_same_turn):
            continue
        if is_same_turn:
            answered.add(at)
        yield kind, start, end, _SCORE


def _document_of_figures(text: str, name: "regex.Match[str]", start: int) -> str | None:
    """The document of a date in figures, which stands right behind what names it or begins the answer."""
    between = text[name.end() : start]
    line = max(text.rfind("\n", 0, start) + 1, name.end())
    if _DIGIT.search(between) or _VAGUE.fullmatch(name.group()):
        return None
    if len(between) > _REACH_FIGURES or ("\n" in between and not is_bridge(text[line:start])):
        return None
    return _document(text, start, start - _start_of_turn_before(text, name.start()))


def _start_of_turn_before(text: str, at: int) -> int:
    line = text.rfind("\n", 0, at)
    return text.rfind("\n", 0, line) + 1 if line > 0 else 0


def _document(text: str, at: int, reach: int) -> str | None:
    """The last document that was spoken of on the line of an offset or ``reach`` before it."""
    line_end = text.find("\n", at)
    line_end = len(text) if line_end < 0 else line_end
    found = None
    for match in _DOCUMENT.finditer(text, max(at - reach, 0), line_end):
        found = match.lastgroup
    return found
