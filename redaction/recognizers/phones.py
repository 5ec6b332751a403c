"""Telephone numbers, by libphonenumber where a run of digits could be one, and by context."""

from collections.abc import Iterator
from functools import lru_cache

import phonenumbers
import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.recognizers.reader import Found, Reader
from redaction.recognizers.shapes import GAP, ShapeRecognizer

_REGIONS = ("US", "GB", "RU", "CN")
_VALID = 0.7
# Searching the whole text once per region is most of what Presidio spends; runs of digits are few.
_CANDIDATE = regex.compile(
    r"(?<![\d.,+])(?:\+ ?|00)?\(?\d(?:[ ().\-/]{0,3}\d){6,14}(?:(?: ?x| ?ext\.?) ?\d{1,6})?(?![\d])", regex.I
)
_SERVICE_LINE = regex.compile(r"(?<!\d)(?:400|800)[ -]?\d{3}[ -]?\d{4}(?!\d)")
_DATE_OR_DECIMAL = regex.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}.*|\d+\.\d+|\d{1,3}(?:\.\d{1,3}){3}"
)


def recognizers(language: str) -> list[EntityRecognizer]:
    """Numbers that are valid somewhere, and runs of digits that the context calls a telephone number."""
    return [Reader("phones", [kinds.PHONE_NUMBER], language, _phones), _by_context(language)]


def _phones(text: str) -> Iterator[Found]:
    """Runs of 7 to 15 digits that are valid numbers in one of the regions, or internationally."""
    yield from ((kinds.PHONE_NUMBER, start, end, _VALID) for start, end in _numbers(text))


def _numbers(text: str) -> Iterator[tuple[int, int]]:
    for match in _CANDIDATE.finditer(text):
        if not _DATE_OR_DECIMAL.fullmatch(match.group()) and _is_valid(match.group()):
            yield match.span()
    yield from (match.span() for match in _SERVICE_LINE.finditer(text))


@lru_cache(maxsize=4096)
def _is_valid(number: str) -> bool:
    if number.startswith("00"):
        number = f"+{number[2:]}"
    return any(_is_valid_in(number, region) for region in _REGIONS)


def _is_valid_in(number: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def _by_context(language: str) -> EntityRecognizer:
    return ShapeRecognizer(
        kinds.PHONE_NUMBER,
        {
            rf"(?<![\d.])\+?\(?\d(?:[()]{{0,2}}{GAP}[()]{{0,2}}\d){{6,14}}(?!\d)": 0.3,
            r"(?<![\d.-])\(?\d{2,4}\)?[ .-]\d{3,4}[ .-]\d{3,5}(?:x\d{1,5})?(?![\d-])": 0.5,
            r"(?<![\d.-])\+\d{1,3}[ .-]?\(?\d{1,4}\)?(?:[ .-]?\d{2,5}){1,4}(?![\d-])": 0.6,
        },
        language=language,
        context=(
            "phone", "telephone", "tel", "cell", "cellphone", "mobile", "call", "fax", "contact",
            "phone number",
            "whatsapp", "text", "reach",
            "телефон", "мобильный", "сотовый", "звонить", "позвонить", "перезвонить", "тел",
            "ватсап",
            "电话", "手机", "联系方式", "座机", "拨打",
        ),
    )  # fmt: skip
