"""When two pieces of personal data are the same value although they are written or told differently."""

import regex

from redaction import kinds
from redaction.told_digits import digits_of, subscriber_number
from redaction.view import fold

_LETTER_OR_DIGIT = regex.compile(r"[\p{L}\p{N}]+")
_CYRILLIC = regex.compile(r"\p{Cyrillic}")
# What people say for the signs of an address; the signs themselves do not count either.
_TOLD_SIGNS = frozenset(
    {"at", "dot", "underscore", "dash", "hyphen", "minus", "period", "point"}
    | {"собака", "точка", "тире", "дефис", "подчёркивание", "подчеркивание", "нижнее"}
)
_TOLD_DOMAINS = {
    "яндекс": "yandex", "мэйл": "mail", "мейл": "mail", "майл": "mail", "джимейл": "gmail", "гмейл": "gmail",
    "рамблер": "rambler", "инбокс": "inbox", "ком": "com", "ру": "ru",
}  # fmt: skip
_LATIN_FOR = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a|b|v|g|d|e|e|zh|z|i|y|k|l|m|n|o|p|r|s|t|u|f|kh|ts|ch|sh|shch||y||e|yu|ya".split("|"),  # noqa: SIM905
        strict=True,
    )
)


def comparable(kind: str, value: str) -> str:
    """A key that is equal for values of one kind that are the same."""
    if kind in (kinds.EMAIL_ADDRESS, kinds.URL):
        return _address(value) or _plain(value)
    digits = None if kind == kinds.PERSON else digits_of(value)
    if digits is None:
        return _plain(value)
    return subscriber_number(digits) if kind == kinds.PHONE_NUMBER else digits


def _plain(value: str) -> str:
    folded = fold(value).casefold()
    return "".join(character for character in folded if character.isalnum()) or folded


def _address(value: str) -> str:
    """An address as its letters and digits: "john dot smith at example dot com" is johnsmithexamplecom."""
    words = _LETTER_OR_DIGIT.findall(fold(value).casefold())
    return "".join(_latin(word) for word in words if word not in _TOLD_SIGNS or len(words) == 1)


def _latin(word: str) -> str:
    digits = digits_of(word)
    if digits is not None:
        return digits
    if not _CYRILLIC.search(word):
        return word
    return _TOLD_DOMAINS.get(word) or "".join(_LATIN_FOR.get(letter, letter) for letter in word)
