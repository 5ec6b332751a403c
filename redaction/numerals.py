"""Numbers as people write and say them, in English, Russian and Chinese: how many digits each stands for.

Digits are counted, values are not computed: whether "nineteen ninety" is a year or four digits of a code is
decided later. One ``Numeral`` is one number: a run of written digits, "seven", "twenty five", "двести", 十八.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache, lru_cache

import regex

from redaction.anchored import word_starts


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number in a text. ``digits`` is how many digits writing it takes, ``words`` how many words it has.

    ``is_round`` tells that it ends in zeros that were spoken as one word, such as "three hundred".
    """

    start: int
    end: int
    digits: int
    words: int = 1
    is_written: bool = False
    is_round: bool = False


@dataclass(frozen=True, slots=True)
class _Word:
    """``digits`` a word stands for, how many of them are zeros to be filled by what follows, what it repeats.

    ``scale`` words ("hundred", 万) append zeros to what stands before them.
    """

    digits: int
    zeros: int = 0
    value: int = 0
    repeats: int = 0
    scale: bool = False


_EN_UNITS = "one two three four five six seven eight nine"
_EN_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_EN_TENS = "twenty thirty forty fourty fifty sixty seventy eighty ninety"
_EN_ZEROS = "zero oh o nought naught nil zeros zeroes ohs"
_EN_REPEATS = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4, "дважды": 2, "трижды": 3}
_EN_SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9}

_RU_UNITS = (
    "один одна одно одну одного одной одному одним одном единица единицы единицу единичка",
    "два две двух двум двумя двойка двойки двойку",
    "три трёх трех трём трем тремя тройка тройки тройку",
    "четыре четырёх четырех четырём четырем четырьмя четвёрка четверка четвёрки четверки",
    "пять пяти пятью пятёрка пятерка пятёрки пятерки",
    "шесть шести шестью шестёрка шестерка шестёрки шестерки",
    "семь семи семью семёрка семерка семёрки семерки",
    "восемь восьми восемью восьмью восьмёрка восьмерка восьмёрки восьмерки",
    "девять девяти девятью девятка девятки",
)
_RU_ZEROS = "ноль нуль ноля нуля нолей нулей нолю нулю нолём нулём нолем нулем ноли нули нолик нолика"
_RU_TEENS = (
    "десят одиннадцат двенадцат тринадцат четырнадцат пятнадцат шестнадцат семнадцат восемнадцат девятнадцат"
)
_RU_TENS = (
    "двадцать двадцати двадцатью тридцать тридцати тридцатью сорок сорока пятьдесят пятидесяти "
    "шестьдесят шестидесяти семьдесят семидесяти восемьдесят восьмидесяти девяносто девяноста"
)
_RU_HUNDREDS = (
    "сто ста двести двухсот двумстам двустам триста трёхсот трехсот трёмстам трехстам "
    "четыреста четырёхсот четырехсот четырёмстам пятьсот пятисот шестьсот шестисот семьсот семисот "
    "восемьсот восьмисот девятьсот девятисот"
)
_RU_SCALES = {
    3: "тысяча тысячи тысяч тысячу тысячам",
    6: "миллион миллиона миллионов",
    9: "миллиард миллиарда миллиардов",
}

_ZH_DIGITS = "零〇○一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖"
_ZH_SCALES = {"十": 1, "拾": 1, "百": 2, "佰": 2, "千": 3, "仟": 3, "万": 4, "亿": 8}
_ZH_VALUES = {"两": 2, "三": 3, "四": 4, "五": 5, "六": 6}
# Digits as they are called over the radio; elsewhere the signs mean "hole", "turn" and "tick".
_ZH_RADIO = "洞拐勾"

_SIGNS = (
    rf"\d+|[{_ZH_DIGITS}{''.join(_ZH_SCALES)}]|(?<=[{_ZH_DIGITS}][{_ZH_RADIO}]{{0,3}})[{_ZH_RADIO}]|"
    rf"[{_ZH_RADIO}](?=[{_ZH_RADIO}]{{0,3}}[{_ZH_DIGITS}])"
)
_SIGN = regex.compile(_SIGNS)
_TOKEN = regex.compile(rf"(?<![\p{{L}}\d'])[a-z\p{{Cyrillic}}]+(?![\d'])|{_SIGNS}", regex.I)
# Words that speech recognition writes for a digit; they are one only in the midst of digits.
_HOMOPHONES = {"for": 4, "to": 2, "too": 2, "ate": 8, "won": 1, "tree": 3}
_DIGITS_AROUND = 2
_DIGIT_NEXT = regex.compile(
    rf" (?:(?:{'|'.join(_HOMOPHONES)}) ){{0,2}}(?:{'|'.join([*_EN_UNITS.split(), *_EN_ZEROS.split()])}|"
    rf"\d)(?!\w)",
    regex.I,
)
_LETTER = regex.compile(r"[a-z\p{Cyrillic}]", regex.I)
# A number glued to letters is a code or a quantity ("128gb"), which other rules know better, unless long.
_LONG_WHEN_GLUED = 7
_ONE_NUMBER = regex.compile(r" | ?- ?| and |个?")


def numerals(text: str) -> Sequence[Numeral]:
    """Every number in ``text``, in order. "Two hundred and five" is one number, "two five" are two."""
    return _kept(text) if len(text) > _SHORT else tuple(_numerals(text))


def _numerals(text: str) -> Iterator[Numeral]:
    grown: _Growing | None = None
    single = end = 0
    for match in _tokens(text):
        if single and _is_word_between(text, end, match.start()):
            single = 0
        end = match.end()
        if single >= _DIGITS_AROUND and match.group().lower() in _HOMOPHONES:
            word = _homophone(match, text)
        else:
            word = _read(match, text)
        if word is None:
            single = 0
            continue
        if grown is not None:
            if grown.takes(word, match, text):
                single = 0
                continue
            yield grown.numeral
        single = single + 1 if word.digits == 1 and not word.scale else 0
        grown = _Growing(word, match)
    if grown is not None:
        yield grown.numeral


# Several rules read the numbers of each text; those of the last few long ones are kept.
_SHORT = 120
_kept = lru_cache(maxsize=8)(lambda text: tuple(_numerals(text)))


def _tokens(text: str) -> Iterator["regex.Match[str]"]:
    """The tokens that may be part of a number; most words of a text are none."""
    places = word_starts(text).of(_words())
    places += [match.start() for match in _SIGN.finditer(text)]
    places.sort()
    return (match for place in places if (match := _TOKEN.match(text, place)))


def _is_word_between(text: str, start: int, end: int) -> bool:
    return end - start > 1 and _TOKEN.search(text, start, end) is not None


def _read(match: "regex.Match[str]", text: str) -> _Word | None:
    token = match.group()
    return _written(match, text) if token.isdigit() else _vocabulary().get(token.lower())


def _homophone(match: "regex.Match[str]", text: str) -> _Word | None:
    """The digit that "for" or "to" stands for when another digit follows: "five three for to one"."""
    follows = _DIGIT_NEXT.match(text, match.end())
    return _Word(1, value=_HOMOPHONES[match.group().lower()]) if follows else None


def is_number_word(word: str) -> bool:
    """Whether a word in lower case is a number; ordinals are not."""
    return word in _vocabulary()


class _Growing:
    """A number while its words are read; ``room`` is how many of its zeros later words may fill."""

    def __init__(self, word: _Word, match: "regex.Match[str]") -> None:
        self._last = word
        self._room = word.zeros
        self._space = 0
        self._filled = False
        self._start, self._end = match.span()
        self._digits = word.digits + (1 if word.scale else 0)
        self._words = 1
        self._is_written = match.group().isdigit()

    @property
    def numeral(self) -> Numeral:
        """The number as far as it has been read."""
        is_round = self._last.zeros > 1
        return Numeral(self._start, self._end, self._digits, self._words, self._is_written, is_round)

    def takes(self, word: _Word, match: "regex.Match[str]", text: str) -> bool:
        """Whether the number goes on with this word, which then becomes a part of it."""
        if not _ONE_NUMBER.fullmatch(text, self._end, match.start()):
            return False
        counted = text[match.start() - 1] == "个"
        digits = self._copies(word) if counted else self._more_digits(word)
        if digits is None:
            return False
        self._last, self._room = word, word.zeros
        self._end = match.end()
        self._digits += digits
        self._words += 1
        return True

    def _more_digits(self, word: _Word) -> int | None:
        """How many digits the next word adds; ``None`` when it begins another number."""
        last, was_filled, self._filled = self._last, self._filled, False
        if self._is_written:
            return word.digits if word.scale and self._digits <= 3 else None
        if last.repeats:
            return last.repeats if word.digits == 1 and not word.scale else None
        if word.repeats < 0:
            # In "девятьсот три ноля" the three fills no zero of the number before: it says how many follow.
            copies = self._copies(word)
            return None if copies is None else copies + was_filled
        if word.scale:
            return self._scaled(word)
        if word.digits <= self._room and not word.repeats and word.value:
            self._filled = True
            self._space = max(self._space, self._room)
            return 0
        return None

    def _copies(self, word: _Word) -> int | None:
        """How many more digits "three zeros" has than "three"."""
        return self._last.value - 1 if self._last.value > 1 and word.digits == 1 and not word.scale else None

    def _scaled(self, word: _Word) -> int | None:
        """The zeros of "hundred", unless they stand in the place of zeros: "two thousand three hundred"."""
        if word.digits < self._space:
            return 0
        return None if self._last.scale and self._last.digits >= word.digits else word.digits


def _written(match: "regex.Match[str]", text: str) -> _Word | None:
    length = match.end() - match.start()
    glued = _LETTER.match(text, match.end()) or (match.start() and _LETTER.match(text, match.start() - 1))
    return None if glued and length < _LONG_WHEN_GLUED else _Word(length)


@cache
def _words() -> Set[str]:
    return _vocabulary().keys() | _HOMOPHONES.keys()


@cache
def _vocabulary() -> dict[str, _Word]:
    table = _english() | _russian()
    table |= {sign: _Word(1, value=_ZH_VALUES.get(sign, 1)) for sign in _ZH_DIGITS}
    table |= dict.fromkeys("零〇○洞", _Word(1)) | dict.fromkeys("拐勾", _Word(1, value=1))
    return table | {sign: _Word(zeros, zeros, scale=True) for sign, zeros in _ZH_SCALES.items()}


def _english() -> dict[str, _Word]:
    table = {word: _Word(1, value=value) for value, word in enumerate(_EN_UNITS.split(), 1)}
    table |= dict.fromkeys(_EN_TEENS.split(), _Word(2, value=1))
    table |= dict.fromkeys(_EN_TENS.split(), _Word(2, 1, value=1))
    # A plural counts what stands before it: "three zeros".
    table |= {word: _Word(1, repeats=-1 if word.endswith("s") else 0) for word in _EN_ZEROS.split()}
    table |= {word: _Word(0, repeats=times) for word, times in _EN_REPEATS.items()}
    return table | {word: _Word(zeros, zeros, scale=True) for word, zeros in _EN_SCALES.items()}


def _russian() -> dict[str, _Word]:
    table: dict[str, _Word] = {}
    for value, forms in enumerate(_RU_UNITS, 1):
        table |= dict.fromkeys(forms.split(), _Word(1, value=value))
    table |= {form: _Word(1, repeats=-1 if form not in ("ноль", "нуль") else 0) for form in _RU_ZEROS.split()}
    for stem in _RU_TEENS.split():
        table |= dict.fromkeys((f"{stem}ь", f"{stem}и", f"{stem}ью"), _Word(2, value=1))
    table |= dict.fromkeys(_RU_TENS.split(), _Word(2, 1, value=1))
    table |= dict.fromkeys(_RU_HUNDREDS.split(), _Word(3, 2, value=1))
    for zeros, forms in _RU_SCALES.items():
        table |= dict.fromkeys(forms.split(), _Word(zeros, zeros, scale=True))
    return table


@cache
def word_pattern(language: str) -> str:
    """An expression that matches one number word of English or Russian."""
    table = _english() if language == "en" else _russian()
    return "|".join(sorted(table, key=lambda word: (-len(word), word)))
