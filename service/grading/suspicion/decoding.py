"""Texts hidden in a text: what a reader who decodes would read, and where it stands."""

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote

_BASE64 = re.compile(r"[A-Za-z0-9+/_\-]{12,}={0,2}")
_BASE64_LINES = re.compile(
    r"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{4,200}[ \t]{0,4}\r?\n[ \t]{0,4}){1,200}+[A-Za-z0-9+/]{1,200}={0,2}"
)
_BASE64_PIECE = re.compile(r"(?<![\w+/])(?=[a-z+/]{0,200}[A-Z0-9])[A-Za-z0-9+/]{4,2000}={0,2}(?![\w+/])")
_HEX = re.compile(r"(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[\s:,\-]{0,2}){8,}")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})\S{8,8000}")
_ESCAPES = re.compile(r"(?:\\u[0-9A-Fa-f]{4}[^\\]{0,3}){3,}")
_ENTITIES = re.compile(r"(?:&#x?[0-9A-Fa-f]{1,6};[^&]{0,3}){3,}")
_SCATTERED = re.compile(r"\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|&#x?[0-9A-Fa-f]{1,6};")
_TAGS = re.compile(r"[\U000e0020-\U000e007e]{4,}")
_SELECTORS = re.compile(r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]{8,}")
_INVISIBLE = re.compile(r"[\u200b\u200c\u2060\u2061-\u2064\ufeff\u180e]{12,}")
_OVERRIDE = re.compile(r"[\u202d\u202e]")
_LEET = re.compile(r"[^\W\d_][0134579@$!]|[0134579@$!][^\W\d_]")

_LONGEST = 20_000
_MOST = 30


class Hidden(NamedTuple):
    """A text that was decoded, and the span of the original it stands in."""

    text: str
    start: int
    end: int


def hidden_texts(text: str, layers: int = 3) -> Iterator[Hidden]:
    """Yield what is encoded in `text`, through so many layers; at most some dozens of texts of each kind."""
    for pattern, decode in _DECODERS:
        for match in islice(pattern.finditer(text), _MOST):
            decoded = decode(match.group()[:_LONGEST])
            if not decoded or decoded == match.group():
                continue
            yield Hidden(decoded, *match.span())
            if layers > 1:
                yield from (
                    Hidden(deeper.text, *match.span()) for deeper in hidden_texts(decoded, layers - 1)
                )


def scattered(text: str) -> Iterator[Hidden]:
    """Yield `text` with the few letters of it decoded that are written as escapes (at most the first 20,000
    characters), if there are any.
    """
    if "\\" not in text and "&#" not in text:
        return
    places = [match.span() for match in islice(_SCATTERED.finditer(text, 0, _LONGEST), _LONGEST)]
    if places:
        decoded = _SCATTERED.sub(lambda match: _from_escape(match.group()), text[:_LONGEST])
        yield Hidden(decoded, places[0][0], places[-1][1])


def coded_pieces(text: str) -> list[tuple[str, int, int]]:
    """Return what may be a piece of Base64 in `text`, and where it stands: words with capitals or digits in
    them; at most some dozens.
    """
    return [(match.group(), *match.span()) for match in islice(_BASE64_PIECE.finditer(text), _MOST)]


def from_base64(pieces: list[str]) -> str:
    """Return what Base64 cut into `pieces` says, or nothing where that is no text."""
    return _from_base64("".join(pieces)[:_LONGEST])


def invisible_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where signs stand that only hide something: runs of invisible ones, overrides of direction."""
    if text.isascii():
        return
    for pattern in (_INVISIBLE, _SELECTORS, _OVERRIDE):
        yield from (match.span() for match in pattern.finditer(text))


def _from_base64(text: str) -> str:
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return _readable(base64.b64decode(plain + "=" * (-len(plain) % 4)))
    except (binascii.Error, ValueError):
        return ""


def _from_base64_lines(text: str) -> str:
    return _from_base64("".join(text.split()))


def _from_escape(escape: str) -> str:
    if escape.startswith("&"):
        return html.unescape(escape)
    return chr(int(escape[2:], 16))


def _from_hex(text: str) -> str:
    digits = re.sub(r"0x|\\x|[^0-9A-Fa-f]", "", text)
    return _readable(bytes.fromhex(digits[: len(digits) // 2 * 2]))


def _from_percent(text: str) -> str:
    return unquote(text, errors="ignore") if text.count("%") >= 2 else ""


def _from_escapes(text: str) -> str:
    return re.sub(r"\\u([0-9A-Fa-f]{4})", lambda match: chr(int(match.group(1), 16)), text)


def _from_tags(text: str) -> str:
    return "".join(chr(ord(character) - 0xE0000) for character in text)


def _readable(decoded: bytes) -> str:
    """Return the bytes as text where that is mostly letters, digits and spaces, else nothing."""
    for encoding in ("utf-8", "utf-16-le"):
        text = decoded.decode(encoding, "ignore")
        words = sum(character.isalnum() or character.isspace() for character in text)
        if len(text) >= 4 and words >= 0.6 * len(text) and text.isprintable():
            return text
    return ""


_DECODERS: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (_BASE64, _from_base64),
    (_BASE64_LINES, _from_base64_lines),
    (_HEX, _from_hex),
    (_PERCENT, _from_percent),
    (_ESCAPES, _from_escapes),
    (_ENTITIES, html.unescape),
    (_TAGS, _from_tags),
)

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_RUSSIAN = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
_HALF_TURN = str.maketrans(_LETTERS + _RUSSIAN, _LETTERS[13:] + _LETTERS[:13] + _RUSSIAN[16:] + _RUSSIAN[:16])


def half_turned(words: list[str]) -> list[str]:
    """Return folded words with each letter moved by half of its alphabet (rot13; 16 of 32 in Russian)."""
    return "\n".join(words).translate(_HALF_TURN).split("\n")


_FEWEST_MIXED = 3
_LATIN_LEET = str.maketrans("034579@$!", "oeastgasi")
_RUSSIAN_LEET = str.maketrans("0346@$1!", "озчбаслл")
_LEET_WORD = re.compile(r"[\w@$!]*[^\W\d_][\w@$!]*")


def unleeted(folded: str) -> str | None:
    """Return folded text with digits read as the letters they look like, or None where few words mix them.

    As many characters, so offsets stay.
    """
    if len(_LEET.findall(folded, 0, _LONGEST)) < _FEWEST_MIXED:
        return None
    return _LEET_WORD.sub(lambda match: _unleeted_word(match.group()), folded)


def _unleeted_word(word: str) -> str:
    if any("а" <= character <= "я" for character in word):
        return word.translate(_RUSSIAN_LEET)
    return word.translate(_LATIN_LEET).replace("11", "ll").replace("1", "i")
