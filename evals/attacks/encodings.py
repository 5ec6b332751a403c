"""Ways to hide words from a reader who does not decode them; every one can be undone."""

import base64
import codecs
from collections.abc import Callable, Mapping
from typing import Literal
from urllib.parse import quote

Encoding = Literal[
    "base64",
    "base64_twice",
    "hex",
    "percent",
    "escapes",
    "entities",
    "rot13",
    "rot16",
    "reversed",
    "words_reversed",
    "zero_width",
    "tags",
    "spaced",
    "dotted",
    "homoglyphs",
    "full_width",
    "leet",
    "leet_ru",
    "traditional",
]

_RUSSIAN = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
_ROT16 = str.maketrans(_RUSSIAN, _RUSSIAN[16:] + _RUSSIAN[:16])
_LOOK_ALIKE = str.maketrans("aceopxyасеорху", "асеорхуaceopxy")
_LEET = str.maketrans("aeiost", "431057")
_LEET_RU = str.maketrans("оазб", "0@36")
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def encode(text: str, encoding: Encoding) -> str:
    """Return `text` hidden in the way that is named."""
    return _ENCODERS[encoding](text)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _escapes(text: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in text)


def _entities(text: str) -> str:
    return "".join(f"&#{ord(character)};" for character in text)


def _tags(text: str) -> str:
    """Invisible characters, each of which stands for one of ASCII."""
    return "".join(chr(0xE0000 + ord(character)) for character in text)


def _every_second_letter_looks_alike(text: str) -> str:
    return "".join(c.translate(_LOOK_ALIKE) if place % 2 else c for place, c in enumerate(text))


def _spaced(text: str) -> str:
    return "   ".join(" ".join(word) for word in text.split())


_ENCODERS: Mapping[Encoding, Callable[[str], str]] = {
    "base64": _base64,
    "base64_twice": lambda text: _base64(_base64(text)),
    "hex": lambda text: text.encode().hex(),
    "percent": quote,
    "escapes": _escapes,
    "entities": _entities,
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "rot16": lambda text: text.translate(_ROT16),
    "reversed": lambda text: text[::-1],
    "words_reversed": lambda text: " ".join(word[::-1] for word in text.split()),
    "zero_width": "\u200b".join,
    "tags": _tags,
    "spaced": _spaced,
    "dotted": ".".join,
    "homoglyphs": _every_second_letter_looks_alike,
    "full_width": lambda text: text.translate(_FULL_WIDTH),
    "leet": lambda text: text.translate(_LEET),
    "leet_ru": lambda text: text.translate(_LEET_RU),
    # The text is written in traditional characters already; it is named for the breakdown.
    "traditional": lambda text: text,
}
