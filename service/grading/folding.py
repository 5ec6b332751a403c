"""Text made comparable for quotes: Unicode compatibility, case and white space are folded, nothing else."""

import re
import unicodedata
from array import array
from functools import lru_cache

# Written around a quote by whoever quotes; they are not part of what was said.
_AROUND = "\"'`“”„‟‘’‚‛«»‹›「」『』《》… \t\r\n"
_ZERO_WIDTH_JOINER = "\u200d"

_ASCII_SPACES = {code: " " for code in range(128) if chr(code).isspace()}
# Four separators are white space for `isspace` and not for `\\s`.
_ASCII_RUN = re.compile(r"[\s\x1c-\x1f]{2}", re.ASCII)


class FoldedText:
    """A text, its folded form, and the way back from one to the other.

    Each character is folded alone: NFKD, case fold, NFKD again; runs of white space become one space. Alone,
    because then every folded character comes from exactly one original character.
    """

    def __init__(self, text: str) -> None:
        self.original = text
        self.folded, self._source = _fold(text)

    def find(self, quote: str) -> tuple[int, int] | None:
        """Return the span (start, end) in code points of the original where `quote` stands, or None.

        The span holds whole characters: it neither begins nor ends inside a ligature or between a letter and
        its combining mark. Quotation marks and ellipses around `quote` are left out if it is not found with
        them.
        """
        for candidate in dict.fromkeys((quote, _bare(quote))):
            needle = _fold(candidate.strip())[0]
            if _says_something(needle) and (span := self._find_folded(needle)):
                return span
        return None

    def _find_folded(self, needle: str) -> tuple[int, int] | None:
        """Try a bounded number of places, so that hostile text (a long run of ligatures, say) costs linear
        time.
        """
        at = -1
        for _ in range(2_000):
            at = self.folded.find(needle, at + 1)
            if at < 0:
                return None
            if self._is_whole(at, at + len(needle)):
                return self._source[at], self._source[at + len(needle) - 1] + 1
        return None

    def _is_whole(self, start: int, end: int) -> bool:
        source = self._source
        if start > 0 and source[start - 1] == source[start]:
            return False
        if end < len(source) and source[end - 1] == source[end]:
            return False
        first, after = source[start], source[end - 1] + 1
        return all(
            is_boundary(self.original, at) and not tears_word(self.original, at) for at in (first, after)
        )


def tears_word(text: str, at: int) -> bool:
    """Whether a cut at `at` goes through a word: "possible" is not what "impossible" says.

    Only in scripts that put spaces between words.
    """
    if at <= 0 or at >= len(text):
        return False
    return _in_word(text[at - 1]) and _in_word(text[at])


def _in_word(character: str) -> bool:
    # Han, kana and Hangul start here; their words stand without spaces.
    return character.isalnum() and character < "\u2e80"


def is_boundary(text: str, at: int) -> bool:
    """Whether `text` may be cut at offset `at` without tearing a letter from its marks or an emoji apart."""
    if at <= 0 or at >= len(text) or text[at - 1].isspace() or text[at].isspace():
        return True
    joined = _ZERO_WIDTH_JOINER in (text[at], text[at - 1])
    return not joined and not unicodedata.category(text[at]).startswith("M")


def _fold(text: str) -> tuple[str, "array[int]"]:
    """Return the folded text and, for each of its characters, the offset of the original one."""
    if text.isascii() and not _ASCII_RUN.search(text):
        # Most of English: nothing to fold but case, one character for one.
        return text.lower().translate(_ASCII_SPACES), array("L", range(len(text)))
    folded: list[str] = []
    source: array[int] = array("L")
    after_space = False
    for offset, character in enumerate(text):
        for piece in _fold_character(character):
            if piece == " " and after_space:
                continue
            after_space = piece == " "
            folded.append(piece)
            source.append(offset)
    return "".join(folded), source


@lru_cache(maxsize=16_384)
def _fold_character(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character).casefold()
    return "".join(" " if c.isspace() else c for c in unicodedata.normalize("NFKD", decomposed))


def _bare(quote: str) -> str:
    """Return `quote` without the quotation marks and ellipses around it, nested a few times at most."""
    for _ in range(4):
        quote = quote.strip(_AROUND)
        if quote.startswith("..."):
            quote = quote.lstrip(".")
        if quote.endswith("..."):
            quote = quote.rstrip(".")
    return quote


def _says_something(needle: str) -> bool:
    """Whether there is a letter, a digit or a symbol (an emoji, say): punctuation alone proves nothing."""
    return any(unicodedata.category(c)[0] in "LNS" for c in needle)
