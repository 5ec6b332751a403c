"""The small language in which lexicons write phrases, translated to regular expressions.

===============  =====================================================================
``good day``     these words in this order, whatever spaces and punctuation stand between
``(a|b)``        one of these
``[so much]``    may be there
``sorr*``        a word that begins so
``...``          up to three words between (in Chinese: up to eight characters of one clause)
``<person>``     a redacted name, such as ``<PERSON_1>``
``<detail>``     any other redacted detail, such as ``<PHONE_NUMBER_1>``
``<time>``       a redacted date or time, such as ``<DATE_1>``
``<name>``       a redacted name, or one word (in Chinese: one to three characters)
``^`` ``$``      the beginning and the end of the text that is searched
``sorry?``       with the question mark right after
===============  =====================================================================

An apostrophe may be missing in the text. Every repetition in what comes out is bounded, so that a search
takes time linear in the length of the text.
"""

import re
from collections.abc import Sequence

_HAN = "\u3400-\u9fff"
_TOKEN = re.compile(r"<person>|<name>|<detail>|<time>|\.\.\.|[()\[\]|^$]|\s+|[^()\[\]|^$\s<>.]+")
_RUN = re.compile(rf"[{_HAN}]|[^{_HAN}]+")

_WORD_BEGINS = r"(?<!\w)"
_WORD_ENDS = r"(?!\w)"
# Chinese is written without spaces: a Latin word may touch a Han character and still end there.
_LATIN_ENDS = "(?![a-z0-9])"
_BETWEEN = r"[^\w<?]{0,3}+"
_PERSON = r"<(?:person|name|agent)\w{0,20}+>"
_DETAIL = r"<(?!person|name|agent)[a-z]\w{0,30}+>"
_TIME = r"<(?:date|time)\w{0,20}+>"
_SYMBOLS = {
    "(": "(?:",
    ")": ")",
    "[": "(?:",
    "]": ")?",
    "|": "|",
    "^": r"\A[^\w<]{0,9}+",
    "$": r"[^\w<]{0,9}+\Z",
    "<person>": _PERSON + _BETWEEN,
    "<detail>": _DETAIL + _BETWEEN,
    "<time>": _TIME + _BETWEEN,
}
_WORD_SYMBOLS = {
    "...": r"(?:<?[\w'-]{1,30}+>?[^\w<.!?]{0,3}+){0,3}?",
    "<name>": rf"(?:{_PERSON}|[^\W\d_]{{2,20}}+){_BETWEEN}",
}
_HAN_SYMBOLS = {"...": r"[^,.!?;。、]{0,8}?", "<name>": rf"(?:{_PERSON}|[{_HAN}]{{1,3}}){_BETWEEN}"}


def to_pattern(phrases: Sequence[str]) -> str:
    """Return one regular expression for folded text that matches any of `phrases`, longer ones first.

    Raises ValueError for a phrase with characters that this language does not allow. Brackets that do not
    match are found when the expression is compiled.
    """
    ordered = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    in_words = [_translate(phrase) for phrase in ordered if not _is_han(phrase)]
    in_han = [_translate(phrase) for phrase in ordered if _is_han(phrase)]
    words = [f"{_WORD_BEGINS}(?:{'|'.join(in_words)})"] if in_words else []
    return "|".join(words + in_han) or r"(?!)"


def _is_han(phrase: str) -> bool:
    return re.search(f"[{_HAN}]", phrase) is not None


def _translate(phrase: str) -> str:
    tokens = _TOKEN.findall(phrase)
    if "".join(tokens) != phrase or not phrase.strip():
        raise ValueError(f"not a phrase: {phrase!r}")
    han = _is_han(phrase)
    symbols = _SYMBOLS | (_HAN_SYMBOLS if han else _WORD_SYMBOLS)
    ends = _LATIN_ENDS if han else _WORD_ENDS
    return f"(?:{''.join(symbols.get(token) or _literal(token.strip(), ends) for token in tokens)})"


def _literal(token: str, word_ends: str) -> str:
    return "".join(_han(run) if _is_han(run) else _word(run, word_ends) for run in _RUN.findall(token))


def _han(character: str) -> str:
    # Speech recognition may put a space between two characters.
    return rf"{character}\s?+"


def _word(run: str, word_ends: str) -> str:
    stem = re.escape(run.removesuffix("*")).replace("'", r"['\s]?+").replace(r"\-", _BETWEEN)
    rest = r"\w{0,14}+" if run.endswith("*") else ""
    return stem + rest + word_ends + _BETWEEN
