"""Dates as they are told: "march the third nineteen eighty", "пятое мая", 八五年三月十二号."""

from collections.abc import Iterator

import regex

from redaction.anchored import Anchored
from redaction.numerals import word_pattern

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
    rf"{_HAN_DIGIT}{{2,4}}年的?{_HAN_DIGIT}{{1,3}}月(?:份)?(?:{_HAN_DIGIT}{{1,3}}[日号]?)?|"
    rf"{_HAN_DIGIT}{{1,3}}月(?:份)?{_HAN_DIGIT}{{2,4}}年"
)
_TELLING = regex.compile(
    rf"(?<!\w)(?:{_EN}|{_RU}|(?:18|19|20)\d\d|nineteen|twenty|девятьсот|тысячи)(?!\w)", regex.I
)


def dates(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Start and end of every date told between two offsets of ``text``; "года" behind it is left out."""
    for match in _STRETCH.finditer(text, start, end):
        if _TELLING.search(match.group()):
            yield match.start(), match.start() + len(_YEAR_WORD.sub("", match.group()))
    yield from (match.span() for match in _HAN_DATE.finditer(text, start, end))


def named_dates(text: str, named: Anchored, turns: int, reach: int) -> Iterator[tuple[int, int]]:
    """The dates behind a match of ``named``, on its line or the next ``turns`` ones, ``reach`` far."""
    done = 0
    for match in named.finditer(text):
        end = min(_end_of_line(text, match.end(), turns), match.end() + reach)
        yield from dates(text, max(match.end(), done), end)
        done = max(done, end)


def _end_of_line(text: str, at: int, lines: int) -> int:
    """Where the ``lines``-th line after that of an offset ends."""
    end = at - 1
    for _ in range(lines + 1):
        end = text.find("\n", end + 1)
        if end < 0:
            return len(text)
    return end
