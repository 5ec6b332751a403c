"""Telephone numbers, by libphonenumber where a run of digits could be one, and by context."""

from functools import lru_cache

import phonenumbers
import regex

from redaction import kinds
from redaction.recognizers.number_kind import NumberKind

_REGIONS = ("US", "GB", "RU", "CN")
_EXTENSION = r"(?:(?: ?x|,? ?ext\.?(?:ension)?|,? ?доб(?:\.|авочный)?|转) ?\d{1,6})?"
_DATE_OR_DECIMAL = regex.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}.*|\d+\.\d+|\d{1,3}(?:\.\d{1,3}){3}"
)


def can_be_phone(number: str) -> bool:
    """Whether a number is valid in one of the regions or internationally, and no date or decimal."""
    return not _DATE_OR_DECIMAL.fullmatch(number) and _is_valid(number)


@lru_cache(maxsize=4096)
def _is_valid(number: str) -> bool:
    if number.startswith("00"):
        number = f"+{number[2:]}"
    return any(is_valid_in(number, region) for region in _REGIONS)


def is_valid_in(number: str, region: str) -> bool:
    """Whether a number as it is written is valid in a region, an ISO 3166 code, or begins with a plus."""
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(number, region)))
    except phonenumbers.NumberParseException:
        return False


_WORDS = (
    "(?:tele)?phone(?: number| no)?",
    "tel",
    "cell",
    "cell ?phone",
    "mobile",
    "call(?: me| you| us)?(?: back)?",
    "fax",
    "contact(?: number)?",
    "whats ?app",
    "text",
    "reach(?: me| you)?",
    "ring",
    "dial",
    "landline",
    "hotline",
    r"телефон\w*",
    r"мобильн\w+",
    r"сотов\w+",
    r"(?:по|пере)?звон\w+",
    "тел",
    r"ватсап\w*",
    r"вотсап\w*",
    r"номер\w* для связи",
    r"факс\w?",
    "电话",
    "手机",
    "联系方式",
    "座机",
    "拨打",
    "固话",
    "传真",
    "打我",
    "打给",
    "微信同号",
    "回电",
)

KINDS = (
    NumberKind(
        kinds.PHONE_NUMBER,
        _WORDS,
        digits=r"\d{7,15}",
        written=(rf"(?<![\d.])\+?\(?\d(?:[ ().\-/]{{0,3}}\d){{6,14}}{_EXTENSION}(?!\d)",),
        telling=(
            rf"(?<![\d.-])\+\d{{1,3}}[ .-]?\(?\d{{1,4}}\)?(?:[ .-]?\d{{2,5}}){{1,4}}{_EXTENSION}(?![\d-])",
            (
                rf"(?<![\d.-])(?:\+?\d{{1,3}}[ .-]?)?(?:\(\d{{2,5}}\) ?\d{{2,4}}|\d{{3}}[.-]\d{{3}})"
                rf"[ .-]\d{{2,4}}(?:[ .-]\d{{2,4}})?"
                rf"{_EXTENSION}(?![\d-])"
            ),
            r"(?<![\d.-])\d{2,4}[.-]\d{3,4}[.-]\d{3,5}(?:x\d{1,6})?(?![\d-]|[ .-]\d)",
            r"(?<![\d-])(?:8[ -]?\(?\d{3}\)?[ -]?\d{3}[ -]\d{2}[ -]\d{2})(?![\d-])",
            r"(?<![\d-])0\d{2,3}-\d{7,8}(?:-\d{1,6})?(?![\d-])",
            r"(?<!\d)(?:400|800)[ -]\d{3}[ -]?\d{4}(?!\d)",
        ),
        likely=(rf"(?<![\d.,+A-Za-z])(?:\+ ?|00)?\(?\d(?:[ ().\-/]{{0,3}}\d){{6,14}}{_EXTENSION}(?!\d)",),
        fits=can_be_phone,
    ),
    # In groups with spaces only, many other numbers look the same.
    NumberKind(
        kinds.PHONE_NUMBER,
        _WORDS,
        likely=(r"(?<![\d.-])\d{2,4}[ .-]\d{3,4}[ .-]\d{3,5}(?:x\d{1,6})?(?![\d-]|[ .-]\d)",),
    ),
)
