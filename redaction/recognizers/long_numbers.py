"""The last resort: a long run of digits that nothing else claims is still taken out."""

from collections.abc import Iterator

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.recognizers.reader import Found, Reader

_SCORE = 0.5
_RUN = regex.compile(r"\d(?:(?:[ \-/.]{0,2}\n?|,)\d)*+")
_SOLID = regex.compile(r"\d{7,}")
_GROUPED_FROM = 9
_CARD_FROM = 13
_DATE = r"(?:(?:19|20)\d{2}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)?\d{2})"
_HARMLESS = regex.compile(
    rf"{_DATE}(?:[ \-\n]+(?:{_DATE}|\d{{1,2}}))*|\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|"
    rf"\d+\.\d{{1,2}}|(?:(?:19|20)\d{{2}}[ \-/]*)+"
)
_HEX_BEFORE = regex.compile(r"(?<![0-9A-Za-z])0x$")
_HEX_DIGITS = 8
_MONEY_BEFORE = regex.compile(r"[$€£¥₽]\s?$")
_MONEY_AFTER = regex.compile(r"\s?(?:[$€£¥₽元块万]|руб|dollars?\b|usd\b|eur\b|rub\b)", regex.I)


def recognizers(language: str) -> list[EntityRecognizer]:
    """Seven digits in one go, or nine in groups."""
    return [Reader("long numbers", [kinds.ID_NUMBER, kinds.DIGITS], language, _numbers)]


def _numbers(text: str) -> Iterator[Found]:
    """Long runs of digits, except amounts, dates and years. Thirteen digits and more are an ``ID_NUMBER``."""
    for start, end, digits in _long_runs(text):
        yield kinds.ID_NUMBER if digits >= _CARD_FROM else kinds.DIGITS, start, end, _SCORE


def _long_runs(text: str) -> Iterator[tuple[int, int, int]]:
    for match in _RUN.finditer(text):
        digits = sum(character.isdigit() for character in match.group())
        if digits < _GROUPED_FROM and not _SOLID.search(match.group()):
            continue
        if not _is_harmless(match.group(), text, *match.span()):
            yield *match.span(), digits


def _is_harmless(run: str, text: str, start: int, end: int) -> bool:
    if _HARMLESS.fullmatch(run):
        return True
    if len(run) <= _HEX_DIGITS and _HEX_BEFORE.search(text, max(start - 3, 0), start):
        return True
    amount = _MONEY_BEFORE.search(text, max(start - 2, 0), start) or _MONEY_AFTER.match(text, end)
    return amount is not None and sum(character.isdigit() for character in run) < _CARD_FROM
