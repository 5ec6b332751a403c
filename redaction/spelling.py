"""Letters as they are told: "k", "b as in boy", "tango", "эль", "тэ как тамара"; and codes that hold some.

A code is told as letters, digits and short groups of both, with "dash", "um" or the other side's "mhm"
between them. Which stretch of them is personal is for the recognizers to say.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import regex

from redaction.anchored import Anchored, word_starts
from redaction.digit_runs import is_bridge, is_exclamation, is_measured, is_no_digit
from redaction.numerals import numerals
from redaction.ordinary import is_ordinary

_NATO = (
    "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november "
    "oscar papa "
    "quebec romeo sierra tango uniform victor whiskey whisky x-ray xray yankee zulu"
)
# Names of the letters, with the letter that begins the word in "эр как роман".
_RU_NAMES = (
    "а:а бэ:б вэ:в гэ:г дэ:д жэ:ж зэ:з ка:к ку:к эль:л эл:л эм:м эн:н пэ:п эр:р эс:с тэ:т эф:ф ха:х цэ:ц "
    "че:ч ша:ш "
    "ща:щ э:э эй: би: си: ди: и: джи: эйч: ай: джей: кей: оу: пи: кью: ар: ти: ю:ю ви: икс: игрек: зет: "
    "зэт: зед: "
    "а:а о:о у:у е:е ё:ё ы:ы я:я и:и ю:ю"
)
_RU_LETTERS = {name: letter for name, _, letter in (entry.partition(":") for entry in _RU_NAMES.split())}
_EN_NAMES = "zed zee"

# Letters that are words, too.
_LETTER_WORDS = (
    "a i а и о у к я с в э е ку ха ай же да mike victor golf hotel india papa november delta charlie "
    "oscar lima echo uniform whiskey juliet romeo"
)
_WORDS = frozenset(_LETTER_WORDS.split())

_AS_IN = r"(?: as in | for | like in | as | как |,? как )(?P<example>\p{L}[\p{L}\-]{1,15})(?!\w)"
_LONGEST_FIRST = sorted(
    [*_NATO.split(), *_EN_NAMES.split(), *_RU_LETTERS], key=lambda name: (-len(name), name)
)
_ONE_LETTER = (
    rf"(?<letter>мягкий знак|тв[её]рдый знак|и краткое|дабл[- ]?ю|"
    rf"{'|'.join(_LONGEST_FIRST)}|"
    rf"[a-z]|\p{{Cyrillic}})(?:{_AS_IN})?"
)
_GROUP = (
    r"(?<mixed>(?=[a-z]*\d)(?=\d*[a-z])[a-z\d]{2,17})|(?<![.@/])(?<group>[a-z]{2,3}|[b-df-hj-np-tv-xz]{4})"
)
_SYMBOL = regex.compile(
    rf"(?<![\p{{Latin}}\p{{Cyrillic}}\d'])(?:{_ONE_LETTER}|{_GROUP})(?![\p{{Latin}}\p{{Cyrillic}}\d'])",
    regex.I,
)
# A single letter that is no word, a letter's name, or letters next to digits; without one no letter is told.
_SINGLE = regex.compile(r"(?<![\w'])[b-hj-zB-HJ-Z](?![\w'])")
_LATIN_LETTERS = frozenset("bcdefghjklmnopqrstuvwxyz")
_BESIDE_DIGIT = regex.compile(r"\d(?=[ \-]?[a-zA-Z])|(?<=[a-zA-Z][ \-]?)\d")
_NAMES = Anchored(
    r"(?<!\w)(?:tango|kilo|zulu|bravo|foxtrot|yankee|sierra|[бгджзлмнпрстуфхцчшщэюы]|"
    rf"{'|'.join(name for name in _RU_LETTERS if len(name) > 1)})(?!\w)"
)
_EXPLAINS = Anchored(r"(?<!\w)(?<=(?<!\w)\p{L} )как \p{L}+(?!\w)")
_BESIDE_HAN = (
    regex.compile(r"\p{Han}(?= ?[a-zA-Z])|(?<=[a-zA-Z] ?)\p{Han}"),
    regex.compile(r"(?<=\p{Han})[b-hj-zB-HJ-Z](?![\w'])|(?<![\w'])[a-zA-Z](?=\p{Han})"),
)
# What stands before a letter that would else be a word: "the number is a 5 df 32".
_INTRODUCES = regex.compile(r"(?<!\w)(?:number|code|reference)(?: is|'s)?:? $", regex.I)
_INTRODUCED_FROM = 4
_LINES_AROUND = 2
_QUANTITY = regex.compile(
    r"\d+(?:st|nd|rd|th|oz|[gmtk]b?|kg|km|cm|mm|ml|mah|am|pm|usd|years?|x|s|p|hz)", regex.I
)
_MEASURES = (
    "st nd rd th am pm jan feb mar apr may jun jul aug sep oct nov dec qty nos pcs cal oz lb lbs kg km "
    "cm mm ml gb mb tb min hr hrs sec usd eur gbp inr rs ft sq yrs yr day pls plz no nr ext ph tel cvv "
    "cvc cvn pin otp ssn dob vin nhs pnr ref acc qq cc atm sms usb tv pc ps hd mp kbps mbps apt ave dr "
    "ln blvd zip"
)
MEASURES = frozenset(_MEASURES.split())
"""What may stand beside a number in letters and is no part of a code."""

_VOWEL = regex.compile("[aeiouy]", regex.I)
_NEXT_TO = regex.compile(r"[ \-./]{0,2}")
_DIGIT_BEFORE, _DIGIT_AFTER = regex.compile(r"[\d\p{Han}][ \-]?$"), regex.compile(r"[ \-]?[\d\p{Han}]")
_MOST_OF_A_WORD = 3
_HAN = regex.compile(r"\p{Han}")
_CLOSE = regex.compile(
    r"[ \-./,_·]{0,3}(?:(?:dash|hyphen|capital|заглавная|большая|slash|dot|underscore|space|тире|дефис|"
    r"дробь|пробел|杠|横杠|um|uh|then|and then|"
    r"э+|ну)[ ,]{1,2}|(?:杠|横杠))?",
    regex.I,
)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A letter, a group or a number in a text: ``letters`` and ``digits`` are how many it stands for.

    ``is_sure`` is false for a letter that may as well be a word ("a", "и"), ``is_group`` true for letters
    that were written together ("HX", "kyf"); ``is_explained`` for "b as in boy",
    ``is_o`` for an "o", letter or zero.
    """

    start: int
    end: int
    letters: int = 0
    digits: int = 0
    is_sure: bool = True
    is_group: bool = False
    is_explained: bool = False
    is_o: bool = False


@dataclass(slots=True)
class SpelledRun:
    """Symbols that were told together."""

    symbols: list[Symbol] = field(default_factory=list)

    @property
    def start(self) -> int:
        """Where the first symbol begins."""
        return self.symbols[0].start

    @property
    def end(self) -> int:
        """Where the last symbol ends."""
        return self.symbols[-1].end

    @property
    def letters(self) -> int:
        """How many letters."""
        return sum(symbol.letters for symbol in self.symbols)

    @property
    def digits(self) -> int:
        """How many digits."""
        return sum(symbol.digits for symbol in self.symbols)

    @property
    def sure_letters(self) -> int:
        """How many letters that are no words."""
        return sum(symbol.letters for symbol in self.symbols if symbol.is_sure)

    @property
    def is_explained(self) -> bool:
        """Whether one of the letters was told as "b as in boy"."""
        return any(symbol.is_explained for symbol in self.symbols)

    @property
    def is_word(self) -> bool:
        """Whether it has letters only, an "o" taken for one."""
        return all(symbol.letters or symbol.is_o for symbol in self.symbols)

    @property
    def changes(self) -> int:
        """How often letters follow digits or digits letters."""
        kinds = [symbol.letters > 0 for symbol in self.symbols]
        return sum(one != other for one, other in pairwise(kinds))

    def looks_like_no_word(self, text: str) -> bool:
        """Whether letters that were written together hold no vowel: "jhf 123"."""
        return any(
            symbol.is_group and not symbol.digits and not _VOWEL.search(text, symbol.start, symbol.end)
            for symbol in self.symbols
        )

    @property
    def has_groups(self) -> bool:
        """Whether letters were written together."""
        return any(symbol.is_group for symbol in self.symbols)


def is_letter_name(word: str) -> bool:
    """Whether a word in lower case is one letter or the name of one: "k", "эль"."""
    return len(word) == 1 or word in _RU_LETTERS or word in _EN_NAMES.split()


def spelled_runs(text: str) -> Iterator[SpelledRun]:
    """All stretches of letters, or of letters and digits, in ``text``; those of digits alone are left out."""
    for start, end in _blocks(text):
        yield from _runs(text, start, end)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """The lines in which a letter may be told, with some lines around for what goes on there."""
    start = end = -1
    for place in _telling_places(text):
        if place < end:
            continue
        first, last = _lines_around(text, place)
        if first > end:
            if end >= 0:
                yield start, end
            start = first
        end = last
    if end >= 0:
        yield start, end


def _telling_places(text: str) -> list[int]:
    words = word_starts(text)
    places = [place for place in words.of(_LATIN_LETTERS) if _SINGLE.match(text, place)]
    places += (match.start() for match in _NAMES.finditer(text))
    places += (match.start() for match in _BESIDE_DIGIT.finditer(text))
    if not text.isascii():
        places += (match.start() - 2 for match in _EXPLAINS.finditer(text))
        if _HAN.search(text):
            places += (match.start() for beside in _BESIDE_HAN for match in beside.finditer(text))
    return sorted(places)


def _lines_around(text: str, place: int) -> tuple[int, int]:
    start = end = place
    for _ in range(_LINES_AROUND + 1):
        start = max(text.rfind("\n", 0, start), 0)
        end = text.find("\n", end + 1)
        end = len(text) if end < 0 else end
    return start, end


def _runs(text: str, start: int, end: int) -> Iterator[SpelledRun]:
    run = SpelledRun()
    for symbol in _symbols(text, start, end):
        if run.symbols and not (_belongs(run.symbols[-1], symbol, text) and _may_go_on(run, symbol, text)):
            yield from _finished(run, text)
            run = SpelledRun()
        run.symbols.append(symbol)
    yield from _finished(run, text)


def _belongs(last: Symbol, symbol: Symbol, text: str) -> bool:
    gap = text[last.end : symbol.start]
    if symbol.is_group or last.is_group:
        return _NEXT_TO.fullmatch(gap) is not None
    if _CLOSE.fullmatch(gap):
        return True
    return (not symbol.letters or symbol.is_sure or "\n" in gap) and is_bridge(gap)


def _may_go_on(run: SpelledRun, symbol: Symbol, text: str) -> bool:
    """Whether a run can reach the next turn: not two letters at the end of "what is your i d"."""
    if "\n" not in text[run.end : symbol.start] or len(run.symbols) > _MOST_OF_A_WORD:
        return True
    line_start = text.rfind("\n", 0, run.start) + 1
    return is_bridge(text[line_start : run.start])


def _finished(run: SpelledRun, text: str) -> Iterator[SpelledRun]:
    """The run without words at its edges that look like letters."""
    symbols = run.symbols
    if len(symbols) > 1 and is_exclamation(text, symbols[-1].start):
        symbols = symbols[:-1]
    introduced = len(symbols) >= _INTRODUCED_FROM and _INTRODUCES.search(
        text, max(symbols[0].start - 16, 0), symbols[0].start
    )
    while not introduced and symbols and _is_word(symbols[0], symbols[1] if len(symbols) > 1 else None):
        symbols = symbols[1:]
    while symbols and _is_word(symbols[-1], symbols[-2] if len(symbols) > 1 else None):
        symbols = symbols[:-1]
    if any(symbol.letters for symbol in symbols):
        yield SpelledRun(symbols)


def _is_word(edge: Symbol, inner: Symbol | None) -> bool:
    """Whether the letter at an edge is a word: "a", or a group next to no number."""
    if not edge.letters or (edge.is_sure and not edge.is_group):
        return False
    if inner is None:
        return True
    apart = max(inner.start - edge.end, edge.start - inner.end) > 1
    return apart if edge.is_group else apart or not inner.letters


def _symbols(text: str, start: int, end: int) -> Iterator[Symbol]:
    """Letters, groups and numbers in order; of two that overlap, the number counts unless it is explained."""
    told = _numbers(text, start, end)
    number = next(told, None)
    done = start
    for match in _SYMBOL.finditer(text, start, end):
        symbol = _symbol(match, text)
        if symbol is None:
            continue
        while number is not None and number.start < symbol.start:
            if number.start >= done:
                yield number
                done = number.end
            number = next(told, None)
        clash = number is not None and number.start < symbol.end and not symbol.is_explained
        if symbol.start >= done and not clash:
            yield symbol
            done = symbol.end
    while number is not None:
        if number.start >= done:
            yield number
        number = next(told, None)


def _numbers(text: str, start: int, end: int) -> Iterator[Symbol]:
    told = numerals(text)
    for number in told[bisect_left(told, start, key=lambda number: number.start) :]:
        if number.start >= end:
            break
        if not is_no_digit(number, text) and not is_measured(number, False, text):
            is_o = text[number.start : number.end].lower() == "o"
            yield Symbol(number.start, number.end, digits=number.digits, is_o=is_o)


def _symbol(match: "regex.Match[str]", text: str) -> Symbol | None:
    if match["mixed"]:
        if _QUANTITY.fullmatch(match["mixed"]):
            return None
        digits = sum(sign.isdigit() for sign in match["mixed"])
        letters = len(match["mixed"]) - digits
        return Symbol(match.start(), match.end(), letters=letters, digits=digits, is_group=True)
    if match["group"]:
        group = match["group"]
        if is_ordinary(group.lower()) or group.lower() in MEASURES or not _stands_in_code(match, text):
            return None
        return Symbol(match.start(), match.end(), letters=len(group), is_group=True)
    return _letter(match, text)


def _stands_in_code(match: "regex.Match[str]", text: str) -> bool:
    """Whether letters that were written together are capitals or stand beside a written number."""
    before, after = text[max(match.start() - 2, 0) : match.start()], text[match.end() : match.end() + 2]
    if match["group"].isupper():
        return True
    return _DIGIT_BEFORE.search(before) is not None or _DIGIT_AFTER.match(after) is not None


def _letter(match: "regex.Match[str]", text: str) -> Symbol:
    name = match["letter"].lower()
    explained = match["example"] is not None and _explains(name, match["example"].lower())
    end = match.end() if explained or match["example"] is None else match.end("letter")
    sure = explained or name not in _WORDS or _HAN.match(text, match.end()) is not None
    return Symbol(match.start(), end, letters=1, is_sure=sure, is_explained=explained)


def _explains(name: str, example: str) -> bool:
    letter = _RU_LETTERS.get(name, name[:1]) or name[:1]
    return example.startswith(letter) or (letter in "сшхц" and len(name) > 1 and name[0] == "э")
