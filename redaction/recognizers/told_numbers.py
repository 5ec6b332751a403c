"""Numbers told digit by digit, in words or figures, over one turn or several; the context names them."""

from bisect import bisect_right
from collections.abc import Iterator

import regex

from redaction import kinds
from redaction.anchored import Anchored
from redaction.digit_runs import DigitRun, are_prices, digit_runs, is_alone
from redaction.numerals import word_pattern
from redaction.recognizers.naming import NAMED_KINDS, PRICE, READING, Name, Naming
from redaction.recognizers.product_codes import is_of_a_product
from redaction.recognizers.reader import Found

_ANYWAY_FROM = 6
_IN_CONTEXT_FROM = 3
_CARD_FROM = 13
_HARMLESS_UP_TO = 6
_SCORE = 0.6
_UNNAMED_SCORE = 0.5
_REACH = 400
_NEAR = 70
_MOST_TURNS_BETWEEN = 2
_TURNS_CORRECTED = 3

# Words that are said all the time; a number that is not told digit by digit must stand close to them.
_STRONG = frozenset({kinds.SECRET, kinds.US_SSN, kinds.RU_SNILS, kinds.RU_INN, kinds.CN_RESIDENT_ID})
_NAMES_A_NUMBER = regex.compile(
    r"(?<!\w)(?:number|code|digits|last (?:four|three|4|3)|ending(?: in| with)?|extension|ext|zip|"
    r"post ?code|индекс\w*|номер\w*|код\w*|"
    r"цифр\w*|добавочн\w+|оканчива\w+|заканчива\w+)(?!\w)|号|码|后[三四34]位|尾|末|分机|邮编",
    regex.IGNORECASE,
)
_NAMES_BY_ASKING = frozenset(NAMED_KINDS) - {kinds.DIGITS}
_TIME_BEFORE = regex.compile(
    r"(?<!\w)(?:at|by|around|about|until|till|before|after|since|from|to|between|year|in|в|во|к|до|с|"
    r"около|после|"
    r"through)\s$|[从到在]$",
    regex.IGNORECASE,
)
_PLUS = regex.compile(r"(?<!\w)(?:plus|плюс) $|加$", regex.IGNORECASE)


def told_numbers(text: str, naming: Naming) -> Iterator[Found]:
    """Six digits told in a row, or three where the words around ask for a number, and what corrects them."""
    told: list[tuple[str, int]] = []
    last: tuple[str, int] | None = None
    for run in digit_runs(text):
        kind = _kind(run, naming, text) if run.digits >= _IN_CONTEXT_FROM else None
        if kind is None and last is not None and _goes_on(run, last[1], naming, text):
            kind = last[0]
        if kind is not None:
            yield kind, _start(run, text), run.end, _UNNAMED_SCORE if kind in kinds.FALLBACK else _SCORE
            last = kind, run.end
            told.append(last)
    for start, end in _corrections(text):
        kind = _corrected_kind(start, told, naming)
        if kind is not None:
            yield kind, start, end, _SCORE


def _corrected_kind(start: int, told: list[tuple[str, int]], naming: Naming) -> str | None:
    """What the digit at ``start`` corrects: a number of the last turns, or one that is being asked for."""
    index = bisect_right(told, start, key=lambda run: run[1]) - 1
    if index >= 0 and told[index][1] >= naming.line_before(start, _TURNS_CORRECTED):
        return told[index][0]
    name = naming.before(start, price_counts=True)
    return name.kind if name is not None and name.kind not in (PRICE, READING) else None


def _goes_on(run: DigitRun, end: int, naming: Naming, text: str) -> bool:
    """Whether a run is the next part of the number that ended at ``end``: a turn that holds nothing else."""
    if run.digits < _IN_CONTEXT_FROM or naming.line_before(run.start, _MOST_TURNS_BETWEEN) > end:
        return False
    name = naming.before(run.start, price_counts=True)
    return (name is None or name.kind not in (PRICE, READING)) and is_alone(text, run.start, run.end)


def _start(run: DigitRun, text: str) -> int:
    plus = _PLUS.search(text, max(run.start - 6, 0), run.start)
    return plus.start() if plus else run.start


def _kind(run: DigitRun, naming: Naming, text: str) -> str | None:
    """What a run is, ``None`` when it is no personal number."""
    if run.digits <= _HARMLESS_UP_TO and is_of_a_product(text, run.start, run.end):
        return None
    name = naming.of(run.start, run.end, price_counts=not run.is_dictated)
    if name is not None and name.kind in (PRICE, READING):
        if run.digits <= _HARMLESS_UP_TO and (name.kind == READING or _is_priced(run)):
            return None
        name = None
    if run.digits >= _ANYWAY_FROM and not (run.is_year or run.is_amount or run.is_measured):
        return _called(run, name)
    return name.kind if name is not None and _is_told_as(run, name, naming, text) else None


def _is_priced(run: DigitRun) -> bool:
    return run.digits < _ANYWAY_FROM or are_prices(run.numerals)


def _called(run: DigitRun, name: Name | None) -> str:
    kind = kinds.DIGITS if name is None else name.kind
    return kinds.ID_NUMBER if kind == kinds.DIGITS and run.digits >= _CARD_FROM else kind


def _is_told_as(run: DigitRun, name: Name, naming: Naming, text: str) -> bool:
    """Whether a short run is the number that the name speaks of, and no year, time or quantity."""
    between = text[name.end : run.start] if name.end <= run.start else ""
    close = len(between) <= _NEAR and between.count("\n") <= 1
    if run.is_measured:
        return run.is_dictated and close and name.kind in _STRONG
    answers = name.kind in _NAMES_BY_ASKING and _is_whole_answer(run, naming, text)
    if run.is_year or run.is_amount:
        return answers and close and (name.kind in _STRONG or _is_numbered(run, name, text))
    if run.is_dictated or answers:
        return True
    if run.is_round or _TIME_BEFORE.search(text, max(run.start - 9, 0), run.start):
        return False
    return close and (name.kind in _STRONG or _is_numbered(run, name, text))


def _is_numbered(run: DigitRun, name: Name, text: str) -> bool:
    """Whether the words from the name's sentence to the run speak of a number or a code."""
    sentence = text.rfind("\n", 0, name.start) + 1
    start = max(sentence, name.start - _REACH)
    return _NAMES_A_NUMBER.search(text, start, max(run.start, name.end)) is not None


def _is_whole_answer(run: DigitRun, naming: Naming, text: str) -> bool:
    """Whether a turn holds nothing but this number, and one of the turns before asks for a number."""
    line_start = text.rfind("\n", 0, run.start) + 1
    if not line_start or not is_alone(text, run.start, run.end):
        return False
    return naming.before(line_start, price_counts=True) is not None


_DIGIT = rf"(?:\d|{word_pattern('en')}|{word_pattern('ru')})"
_HAN_DIGIT = "[零一二三四五六七八九幺两洞\\d]"
_CORRECTION = regex.compile(
    rf"(?<!\w)(?:{_DIGIT},? (?:and )?not {_DIGIT}|not {_DIGIT},? (?:but )?{_DIGIT}|не {_DIGIT},? а {_DIGIT}|"
    rf"{_DIGIT},? а не {_DIGIT})(?!\w)|"
    rf"不是{_HAN_DIGIT}[,，]?(?:而?是|应该是){_HAN_DIGIT}|(?<=是){_HAN_DIGIT}[,，]?不是{_HAN_DIGIT}",
    regex.IGNORECASE,
)
_CORRECTION_REACH = 20
_CORRECTS = Anchored(rf"(?<!\w)(?:not|не) (?={_DIGIT}(?!\w))|不是(?={_HAN_DIGIT})")
_CORRECTED = regex.compile(rf"(?<!\w){_DIGIT}(?!\w)|{_HAN_DIGIT}", regex.IGNORECASE)


def _corrections(text: str) -> Iterator[tuple[int, int]]:
    """The single digits in "seven not one", "не восемь а три", 不是八是三."""
    done = 0
    for word in _CORRECTS.finditer(text):
        start = max(word.start() - _CORRECTION_REACH, done)
        match = _CORRECTION.search(text, start, word.end() + _CORRECTION_REACH)
        if match is not None:
            done = match.end()
            yield from (digit.span() for digit in _CORRECTED.finditer(text, match.start(), match.end()))
