"""Which digits a number consists of, written or told: "four one five" and 415 are the same number.

Counting digits is enough to take a number out (``numerals.py``); comparing two numbers takes their values.
Where a word leaves a doubt there is no answer, and the numbers count as different.
"""

from collections.abc import Collection, Iterator
from functools import cache

import regex

from redaction.digit_runs import is_bridge
from redaction.numerals import Numeral, numerals
from redaction.view import fold

_WORD = regex.compile(r"\d+|\p{Han}|\p{L}+")
_LETTER = regex.compile(r"\p{L}")
# What was told before these words may be taken back by them.
_CORRECTION = regex.compile(
    r"(?<!\p{L})(?:no|sorry|wait|actually|mean|meant|correction|scratch|make|again|repeat|ой|нет|не|простите|"
    r"извините|вернее|точнее|ошибл?\p{L}+)(?!\p{L})|不|错|应该|再来",
    regex.IGNORECASE,
)
_REPEATS = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4, "дважды": 2, "трижды": 3}
_SCALES = {"hundred": 2, "thousand": 3, "тысяча": 3, "тысячи": 3, "тысяч": 3, "十": 1, "百": 2, "千": 3}
_ZEROS = frozenset({"zeros", "zeroes", "ohs", "ноля", "нуля", "нолей", "нулей"})
_ENGLISH = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_CHINESE = "零一二三四五六七八九", "〇幺两叁肆伍陆柒捌玖", "○壹贰"
_RUSSIAN_UNITS = ("од", "дв", "тр", "чет", "пят", "шест", "сем", "вос", "девят")
_RUSSIAN_WHOLE = {"сто": 100, "ста": 100, "один": 1}
_RUSSIAN_STEMS = {"сорок": 40, "девяност": 90, "десят": 10, "нол": 0, "нул": 0, "един": 1}
_RUSSIAN_HUNDRED = regex.compile(r"(?:сот|[ие]ста|двести|ст[аи]м)$")


def digits_of(text: str) -> str | None:
    """The digits of a text that is nothing but one number; ``None`` when it is more, or in doubt."""
    folded = fold(text)
    if not _LETTER.search(folded):
        return "".join(character for character in folded if character.isdigit()) or None
    found: list[str] = []
    end = 0
    for numeral in numerals(folded):
        digits = _digits(numeral, folded)
        if digits is None or not _is_pause(folded[end : numeral.start]):
            return None
        found.append(digits)
        end = numeral.end
    return "".join(found) if found and _is_pause(folded[end:]) else None


def subscriber_number(digits: str) -> str:
    """A telephone number's digits without what people leave out at its start: +7 or 8, +1, +86."""
    if len(digits) == 13 and digits.startswith("861"):
        digits = digits[2:]
    return digits[1:] if len(digits) == 11 and digits[0] in "178" else digits


def numbers_in(text: str, wanted: Collection[str]) -> Iterator[tuple[int, int]]:
    """Start and end of every place in ``text`` that is or tells one of the subscriber numbers ``wanted``."""
    if not wanted:
        return
    longest = max(map(len, wanted)) + 3
    told = [(numeral, _digits(numeral, text)) for numeral in numerals(text)]
    for index, (first, _) in enumerate(told):
        digits, end = "", first.start
        for numeral, more in told[index:]:
            if more is None or not _is_pause(text[end : numeral.start]) or len(digits) + len(more) > longest:
                break
            digits, end = digits + more, numeral.end
            if subscriber_number(digits) in wanted:
                yield first.start, end


def _is_pause(text: str) -> bool:
    return not text or (is_bridge(text) and not _CORRECTION.search(text))


def _digits(numeral: Numeral, text: str) -> str | None:
    """The digits of one number; ``None`` unless they are as many as it was counted to have."""
    words = [word.lower() for word in _WORD.findall(text[numeral.start : numeral.end])]
    spoken = words[0] if numeral.is_written and len(words) == 1 else _spoken(words)
    return spoken if spoken is not None and len(spoken) == numeral.digits else None


def _spoken(words: list[str]) -> str | None:
    words = [word for word in words if word not in ("and", "个")]
    if len(words) == 2 and words[0] in _REPEATS:
        value = _value(words[1])
        return None if value is None else str(value) * _REPEATS[words[0]]
    if len(words) == 2 and words[1] in _ZEROS:
        value = _value(words[0])
        return None if value is None else "0" * value
    return _sum(words)


def _sum(words: list[str]) -> str | None:
    """Tens and units are added up; one scale word, as in "four hundred fifteen", is as much as is sure."""
    total = 0
    scaled = False
    for word in words:
        scale, value = _SCALES.get(word), _value(word)
        if scale is not None and not scaled:
            total, scaled = max(total, 1) * 10**scale, True
        elif scale is None and value is not None:
            total += value
        else:
            return None
    return str(total)


def _value(word: str) -> int | None:
    if word.isdigit():
        return int(word) if len(word) <= 3 else None
    known = _values().get(word)
    return _russian(word) if known is None else known


@cache
def _values() -> dict[str, int]:
    table = {word: value for value, word in enumerate(_ENGLISH.split(), 1)}
    table |= {word: 10 * value for value, word in enumerate(_TENS.split(), 2)} | {"fourty": 40}
    table |= dict.fromkeys(("zero", "oh", "o", "nought", "naught", "nil"), 0)
    table |= {sign: value for value, sign in enumerate(_CHINESE[0])}
    table |= {sign: value for value, sign in enumerate(_CHINESE[1])}
    return table | {sign: value for value, sign in enumerate(_CHINESE[2])}


def _russian(word: str) -> int | None:
    if word in _RUSSIAN_WHOLE:
        return _RUSSIAN_WHOLE[word]
    whole = next((value for stem, value in _RUSSIAN_STEMS.items() if word.startswith(stem)), None)
    if whole is not None:
        return whole
    unit = next((value for value, stem in enumerate(_RUSSIAN_UNITS, 1) if word.startswith(stem)), None)
    if unit is None:
        return None
    if _RUSSIAN_HUNDRED.search(word):
        return unit * 100
    if "надцат" in word:
        return 10 + unit
    return unit * 10 if "дцат" in word or "десят" in word else unit
