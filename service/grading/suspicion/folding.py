"""Text made comparable however it is disguised, with the way back to the text as it stands.

Wider than the folding of quotes: what hides words from a reader of code (invisible characters, look-alike
letters, styled letters, traditional characters) is taken away too.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from service.grading.suspicion.lexicon import simplified

# The same shapes in Latin, Cyrillic and Greek, in lower case; a space where an alphabet has none.
_LATIN = "abcdehijkmnopqrstuvwxyg"
_CYRILLIC = "аьсԁеһіјкмпорԛгѕтиѵԝхуɡ"
_GREEK = "α  δε ιϳκμη ρ   τυν χγ "
_TO_LATIN = {ord(c): a for c, a in zip(_CYRILLIC, _LATIN, strict=True)} | {
    ord(g): a for g, a in zip(_GREEK, _LATIN, strict=True) if g != " "
}
_TO_CYRILLIC = {ord(a): c for c, a in zip("авсенкмортхуз", "abcehkmoptxy3", strict=True)} | {
    ord(g): c for g, c in zip("αβεκορτχυ", "авекортху", strict=True)
}
_DISGUISED = re.compile(r"[a-z3][а-яѐ-ӿԁԛԝα-ω]|[а-яѐ-ӿԁԛԝα-ω][a-z3]|[ѕіјһԁԛԝѵ]")
_MIXED_WORD = re.compile(r"[a-z3а-яѐ-ӿԁԛԝɡα-ωϳ]+")
_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True))
_QUOTES = dict.fromkeys("“”„‟«»「」『』″＂", '"') | dict.fromkeys("‘’‚‛′`´", "'")
_BRACKETS = {"【": "[", "】": "]", "〔": "[", "〕": "]", "、": ",", "。": ".", "〈": "<", "〉": ">"}
_PLAIN = {**_SMALL_CAPITALS, **_QUOTES, **_BRACKETS, "ё": "е"}
_INVISIBLE = frozenset({"Cf", "Mn", "Me", "Cc", "Co", "Cn", "Cs"})


class Folded(NamedTuple):
    """Folded text; `source` has the offset of the original character of each character of it."""

    text: str
    source: Sequence[int]


def fold(text: str) -> Folded:
    """Return `text` in lower case without disguise. Time grows in proportion to the text."""
    if text.isascii():
        return Folded(text.lower(), range(len(text)))
    pieces = [_fold_character(character) for character in text]
    folded = "".join(pieces)
    if len(folded) == len(text) and all(pieces):
        return Folded(_undisguised(folded), range(len(text)))
    source = [offset for offset, piece in enumerate(pieces) for _ in piece]
    return Folded(_undisguised(folded), source)


def _undisguised(text: str) -> str:
    """Return `text` with words of mixed alphabets in one; as many characters."""
    if not _DISGUISED.search(text):
        return text
    return _MIXED_WORD.sub(lambda match: _in_one_alphabet(match.group()), text)


def _in_one_alphabet(word: str) -> str:
    if not _DISGUISED.search(word):
        return word
    latin, cyrillic = word.translate(_TO_LATIN), word.translate(_TO_CYRILLIC)
    mostly_cyrillic = sum("а" <= c <= "я" for c in word) * 2 > len(word)
    if latin.isascii() and not (mostly_cyrillic and _is_russian(cyrillic)):
        return latin
    return cyrillic if _is_russian(cyrillic) else word


def _is_russian(word: str) -> bool:
    return all("а" <= c <= "я" for c in word)


@lru_cache(maxsize=16_384)
def _fold_character(character: str) -> str:
    """Return what one character stands for: mostly one, none for invisible ones, several for ligatures."""
    if character in "\n\r\t":
        return character
    if unicodedata.category(character) in _INVISIBLE:
        return ""
    plain = unicodedata.normalize("NFKC", character).lower()
    return "".join(_fold_plain(c) for c in plain)


def _fold_plain(character: str) -> str:
    if unicodedata.category(character) in _INVISIBLE:
        return ""
    return simplified().get(character) or _PLAIN.get(character) or _without_accent(character)


def _without_accent(character: str) -> str:
    """Return a Latin letter without its accent: accents are one more disguise, and no phrase needs them."""
    first = unicodedata.normalize("NFD", character)[0]
    return first if "a" <= first <= "z" else character
