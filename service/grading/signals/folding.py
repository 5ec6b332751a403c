"""Text made comparable without moving a single character.

Folded text has the length of the original, so that a span found in it is a span of the original.
"""

_APOSTROPHES = dict.fromkeys(map(ord, "‘’ʼʹ`´′＇"), "'")
_FULL_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_COMMON = {**_FULL_WIDTH, 0x3000: " ", 0x00A0: " ", **_APOSTROPHES}


def fold(text: str, letters: dict[int, str]) -> str:
    """Return `text` in lower case, with half-width forms and straight apostrophes, and with `letters` (code
    point to one character) replaced. The result is exactly as long as `text`.
    """
    return _lower(text.translate(_COMMON)).translate(letters)


def _lower(text: str) -> str:
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    # A few capitals, such as the dotted İ, become two characters in lower case: those stay as they are.
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)
