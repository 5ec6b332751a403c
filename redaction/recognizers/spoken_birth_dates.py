"""Dates of birth told in words: a stretch of date words where a date of birth is asked for or named."""

from collections.abc import Iterator

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.numerals import word_pattern
from redaction.recognizers.reader import Found, Reader

_SCORE = 0.75
_TURNS_BEFORE = 3
_BETWEEN = regex.compile(r" ?(?:的|is (?:my|his|her|the)|это (?:мой|моя)|-|,)? ?")
_REACH = 300
_EN = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|"
    r"(?:twenty|thirty)[ -](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|"
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|\\w{4,6}teenth|"
    "twentieth|thirtieth"
)
_RU = (
    r"январ[яь]|феврал[яь]|марта?|апрел[яь]|ма[яй]|июн[яь]|июл[яь]|августа?|сентябр[яь]|октябр[яь]|ноябр[яь]|"
    r"декабр[яь]|(?:перв|втор|четв[её]рт|пят|шест|седьм|восьм|девят|десят|\w{2,8}надцат|двадцат|тридцат|"
    r"сороков|\w{3,6}идесят|девяност|двухтысячн|сот)(?:ого|ое|ый|ом|ой)|треть(?:его|е|ем)|года?|году"
)
_WORD = rf"(?:\d{{1,4}}(?:st|nd|rd|th|-?го|-?е)?|{word_pattern('en')}|{word_pattern('ru')}|{_EN}|{_RU})"
_STRETCH = regex.compile(
    rf"(?<!\w){_WORD}(?:(?:[ ,./\-]{{1,2}}(?:(?:of|the|and|in) ){{0,2}}){_WORD}){{1,9}}(?!\w)",
    regex.IGNORECASE,
)
_YEAR_WORD = regex.compile(r" год[ау]?$", regex.IGNORECASE)
_HAN_DIGIT = r"[\d零〇一二三四五六七八九十两幺]"
_HAN_DATE = regex.compile(
    rf"{_HAN_DIGIT}{{2,4}}年的?{_HAN_DIGIT}{{1,3}}月(?:份)?(?:{_HAN_DIGIT}{{1,3}}[日号]?)?"
)
_TELLING = regex.compile(
    rf"(?<!\w)(?:{_EN}|{_RU}|(?:18|19|20)\d\d|nineteen|twenty|девятьсот|тысячи)(?!\w)", regex.I
)
_NAMED = regex.compile(
    r"(?<!\w)(?:date of birth|birth ?date|birth ?day|d\.?o\.?b|(?:was |were |is |i'm |am )?born|"
    r"дат\w рождения|"
    r"родил\w+|рожд[её]н\w*|день рождения)(?!\w)|出生|生日|生于",
    regex.IGNORECASE,
)


def recognizers(language: str) -> list[EntityRecognizer]:
    """Dates in words or mixed with figures, near "date of birth", "born", "родилась", 出生 and the like."""
    return [Reader("spoken birth dates", [kinds.DATE_OF_BIRTH], language, _birth_dates)]


def _birth_dates(text: str) -> Iterator[Found]:
    """Read the turn in which a date of birth is named, and the three after it."""
    spans = {_trimmed(match) for match in _dates(text) if _is_named(text, match)}
    yield from ((kinds.DATE_OF_BIRTH, start, end, _SCORE) for start, end in sorted(spans))


def _dates(text: str) -> Iterator["regex.Match[str]"]:
    yield from (match for match in _STRETCH.finditer(text) if _TELLING.search(match.group()))
    yield from _HAN_DATE.finditer(text)


def _is_named(text: str, match: "regex.Match[str]") -> bool:
    """Whether a date of birth is spoken of in this turn or the three before, or right behind the date."""
    start = match.start()
    for _ in range(_TURNS_BEFORE + 1):
        start = max(text.rfind("\n", 0, start), 0)
    if _NAMED.search(text, max(start, match.start() - _REACH), match.start()):
        return True
    between = _BETWEEN.match(text, match.end())
    return between is not None and _NAMED.match(text, between.end()) is not None


def _trimmed(match: "regex.Match[str]") -> tuple[int, int]:
    return match.start(), match.start() + len(_YEAR_WORD.sub("", match.group()))
