"""Numbers that are told digit by digit, also over several turns: which numerals belong together.

Between two parts of one number people hesitate, correct themselves and are answered "mhm"; none of that ends
the number. Amounts, durations, times and dates do, and are no part of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex

from redaction.numerals import Numeral, numerals, word_pattern

_LONGEST_GAP = 160

_EN_FILLERS = (
    "um|umm|uh|uhh|er|erm|hm+|mm+|mhm|mm[ -]hmm?|uh[ -]huh|ah|so|then|and|like|let me see|let's see|dash|"
    "hyphen|"
    "space|"
    "sorry|no|wait|wait no|actually|i mean|i meant|correction|scratch that|make that|it's|that's|is|okay|ok|"
    "yes|yeah|yep|yup|right|sure|got it|gotcha|go on|go ahead|and then|next|alright|all right|great|good|"
    "perfect|continue|carry on|please|thanks|thank you|i see|you know|well|one moment|moment|hold on|"
    "area code|"
    "number|ending|followed by|the last (?:four|three|digits)|the rest|the next|repeat|again|oops|"
    "(?:my|the) (?:old|other|new|wrong|right|work|home)(?: number| card)?|start over|one more time|slash"
)
_RU_FILLERS = (
    r"э+(?:-э+)*|эм+|м+|хм+|гм|ну|вот|так|там|и|да|ага|угу|это|значит|потом|затем|дальше|далее|тире|"
    r"дефис|пробел|"
    "ой|нет|не|простите|извините|то есть|вернее|точнее|ошиблась|ошибся|хорошо|понятно|ясно|принято|"
    "записала|записал|слушаю|продолжайте|верно|пожалуйста|спасибо|секунду|минутку|номер|"
    "последние|отлично|как бы|короче|окей|ок|алло|а|мгм|есть|пишу|записываю|вижу|дробь|слэш|"
    "первые|минуточку|секундочку|ещё|еще|снова|сначала"
)
_ZH_FILLERS = (
    "嗯+|呃+|额|啊|哦|噢|哎|唉|那个|这个|就是|然后|接着|对的?|是的?|好的?|行|可以|明白了?|您?继续|您说|请讲|请继续|"
    "不对|不是|错了|说错了|应该是|等一下|稍等|后面是?|再来|收到|记下了|没错|您好|谢谢|再|的|呢|吧|杠|横杠|减号|空格|我看看|"
    "我看一下|我找一下|没听清|还有|前面是?|尾数是?"
)
# Pauses that hold a number word which is no part of the number that is told.
_PAUSE = "one (?:moment|second|sec|minute|more time)|two seconds|одну (?:секунд|минут)\\w*|один момент"
_HAN_PAUSE = "一(?:下|等|会儿?|样|般|共|定)"
_PAUSES = regex.compile(f"(?:{_PAUSE})(?!\\w)|{_HAN_PAUSE}|(?<=[第万])一", regex.IGNORECASE)
# "The new one" is no digit, "the last one four" is.
_PRONOUN = regex.compile(
    r"(?<!\w)(?:new|old|this|that|the|which|another|other|same|right|correct|wrong|first|second|last|"
    r"next|no|any|"
    r"every|each|only|good|bad|big|small|better|best|different|cheaper|large|black|white|blue|red) $",
    regex.IGNORECASE,
)
_NUMBER_NEXT = regex.compile(rf" (?:\d|(?:{word_pattern('en')})(?!\w))", regex.IGNORECASE)
_GAP = regex.compile(
    rf"(?:[\s\p{{P}}\p{{Sm}}\p{{Sk}}\p{{So}}№--[%\ufffc\u2588]]|(?<!\w)(?:{_EN_FILLERS}|{_RU_FILLERS}|{_PAUSE})(?!\w)|{_ZH_FILLERS}|"
    rf"等?{_HAN_PAUSE})*+",
    regex.IGNORECASE | regex.V1,
)

_EN_UNITS = (
    "dollars?|bucks?|cents?|pounds?|quid|pence|euros?|rubles?|roubles?|yuan|usd|eur|gbp|rub|percent|per cent|"
    "seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|decades?|times?|o'?clock|am|pm|"
    "a\\.m|p\\.m|degrees?|miles?|mph|kilo\\w*|km|met(?:er|re)s?|grams?|kg|lbs?|ounces?|oz|inch(?:es)?|"
    "feet|foot|"
    "gigs?|gb|megs?|megabits?|mb|mbps|points?|people|persons?|passengers?|guests?|adults?|kids?|children|"
    "items?|"
    "pieces?|boxes|bottles?|packs?|copies|units?|tickets?|nights?|rooms?|seats?|bags?|shots?|pumps?|stars?|"
    "pizzas?|dozens?|digits?|letters|characters|grand|more|or so|and a half|business days?|"
    "jan(?:uary)?|feb(?:ruary)?|march|april|may|june|july|august|sept(?:ember)?|october|november|december"
)
_RU_UNITS = (
    r"руб\w*|копе\w+|доллар\w*|евро|процент\w*|секунд\w*|минут\w*|мин|час\w*|дн\w+|день|сут\w+|недел\w+|"
    r"месяц\w*|год\w*|лет|раза?|человек\w*|километр\w*|км|метр\w*|кг|килограмм\w*|грамм\w*|литр\w*|"
    r"штук\w*|шт|"
    r"гигабайт\w*|мегабит\w*|мегабайт\w*|гб|мб|градус\w*|балл\w*|этаж\w*|ноч\w+|мест\w*|билет\w*|комнат\w*|"
    r"утра|вечера|цифр\w*|знак\w*|символ\w*|рабочих|календарных|позици\w+|товар\w*|январ\w+|феврал\w+|"
    r"марта?|апрел\w+|мая|июн\w|июл\w|"
    r"август\w?|сентябр\w|октябр\w|ноябр\w|декабр\w"
)
_ZH_UNITS = (
    "个|块|元|毛钱|分钟|分|秒|小时|点|天|日|号(?!楼|院|线)|周|星期|月|年|岁|次|人|口|位(?!数)|兆|[Mm](?![A-Za-z])|[Gg][Bb]?(?![A-Za-z])|折|"
    "米|公里|斤|公斤|件|条|张|遍|倍|%|％|多|期|份|套|本|瓶|杯|道|种|些|趟|晚|站|星|级|成|下|起|般|样|直|共|定|旦|切"
)
_UNIT_AFTER = regex.compile(
    rf"(?:\s?[$€£¥₽%]| ?-?(?:{_EN_UNITS}|{_RU_UNITS})(?!\w)| ?(?:{_ZH_UNITS}))", regex.IGNORECASE
)
_MONEY_BEFORE = regex.compile(
    r"[$€£¥₽]\s?$|(?<!\w)(?:balance|total|price|costs?|amount|fee|charged?|refund(?:ed)?|deposit|sum|limit|"
    r"баланс|сумм\w|стоит|стоимость|итого|цена|списал\w|кредит|лимит)(?: (?:of|is|was|has|to|me|you|"
    r"на|в|это|составляет))* $|(?:余额|金额|一共|总共|价格|扣了?|花了?|付了?|优惠|便宜|只要)是?$",
    regex.IGNORECASE,
)
_AMOUNT_REACH = 30
# After "the charge is" a number told digit by digit is no amount.
_TOLD_SINGLY = 2
_GOES_ON = regex.compile(
    rf"(?:[ \-]+(?:{word_pattern('en')}|{word_pattern('ru')}|\d)(?!\w)){{5}}|"
    r"[零〇一二三四五六七八九幺两洞]{5}",
    regex.IGNORECASE,
)

_YEAR = r"(?:18|19|20)\d{2}"
_DAY, _MONTH = "(?:0?[1-9]|[12]\\d|3[01])", "(?:0?[1-9]|1[0-2])"
_APART = r"(?<![\d]|\d[.,:/\-])", r"(?!\d|[.,:/\-]\d)"
_NO_RUN = regex.compile(
    rf"(?=\d){_APART[0]}(?:0x[0-9a-fA-F]{{4,8}}(?![0-9A-Za-z])|{_YEAR}([-/.]){_MONTH}\1{_DAY}|{_DAY}([-/.]){_MONTH}\2(?:{_YEAR}|\d\d)|"
    rf"{_MONTH}([-/.]){_DAY}\3(?:{_YEAR}|\d\d)|"
    r"[012]?\d:[0-5]\d(?::[0-5]\d)?|\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,9}\.\d{1,2}|\d{1,2} ?[1-9]/[2-9])"
    rf"{_APART[1]}"
)
_EN_UNIT = "one|two|three|four|five|six|seven|eight|nine"
_EN_TENS = "ten|eleven|twelve|\\w{3,5}teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty"
_EN_YEAR = (
    rf"(?:(?:eighteen|nineteen|twenty) (?:hundred|(?:oh|o) (?:{_EN_UNIT})|"
    rf"(?:{_EN_TENS})(?:[ -](?:{_EN_UNIT}))?)|"
    rf"two thousand(?: (?:and )?(?:{_EN_UNIT}|{_EN_TENS})(?: (?:{_EN_UNIT}))?)?)"
)
_RU_PART = rf"(?:{word_pattern('ru')})"
_RU_YEAR = rf"(?:тысяча девятьсот|две тысячи) {_RU_PART}(?: {_RU_PART})?"
_YEARS = regex.compile(
    rf"(?:{_YEAR}|{_EN_YEAR}|{_RU_YEAR})(?:(?: and | to | - |-|/| и | по )(?:{_YEAR}|{_EN_YEAR}|"
    rf"{_RU_YEAR}))?",
    regex.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class DigitRun:
    """Numerals that were told together; ``start`` to ``end`` holds what was said between them, too.

    ``is_year`` tells that it reads as a year or a span of years; a PIN may do so. ``is_amount`` tells that it
    reads as an amount, by its words or by those before it, and ``is_measured`` that a unit follows a short
    run: neither is taken for a code without a reason.
    """

    start: int
    end: int
    digits: int
    numerals: tuple[Numeral, ...]
    is_year: bool = False
    is_amount: bool = False
    is_measured: bool = False

    @property
    def is_dictated(self) -> bool:
        """Whether it was told in three or more parts of mostly one digit, as codes are, not amounts."""
        return len(self.numerals) >= 3 and self.digits < 2 * len(self.numerals)

    @property
    def is_round(self) -> bool:
        """Whether it is one number in round words: "three hundred"."""
        return len(self.numerals) == 1 and self.numerals[0].is_round

    @property
    def is_written(self) -> bool:
        """Whether it is written in digits throughout."""
        return all(numeral.is_written for numeral in self.numerals)


def digit_runs(text: str) -> Sequence[DigitRun]:
    """All runs in ``text``, those left out that say what they measure: amounts, durations, dates, times."""
    return _kept(text) if len(text) > _SHORT else tuple(_digit_runs(text))


def _digit_runs(text: str) -> Iterator[DigitRun]:
    members: list[Numeral] = []
    for numeral, goes_on in _unmeasured(text):
        if members and not goes_on:
            yield from _run(members, text)
            members = []
        if numeral is not None:
            members.append(numeral)
    yield from _run(members, text)


# Several rules ask for the runs of each text; those of the last few long ones are kept.
_SHORT = 120
_kept = lru_cache(maxsize=8)(lambda text: tuple(_digit_runs(text)))


def is_bridge(text: str) -> bool:
    """Whether a text says nothing but "um", "mhm", "okay" and the like."""
    return len(text) <= _LONGEST_GAP and _GAP.fullmatch(text) is not None


def is_alone(text: str, start: int, end: int) -> bool:
    """Whether the turn from ``start`` to ``end`` holds nothing else but "um" and the like."""
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end
    return is_bridge(text[line_start:start]) and is_bridge(text[end:line_end])


def _is_bridged(text: str, start: int, end: int) -> bool:
    if end - start == 1 and text[start] == " ":
        return True
    return end - start <= _LONGEST_GAP and _GAP.fullmatch(text, start, end) is not None


def _unmeasured(text: str) -> Iterator[tuple[Numeral | None, bool]]:
    """The numerals, and whether each goes on with what the one before began.

    ``None`` stands for one that measures something or is a part of a date, a time, an amount.
    """
    known = _NO_RUN.finditer(text)
    harmless = next(known, None)
    alone = True
    end = 0
    for numeral in numerals(text):
        while harmless and harmless.end() <= numeral.start:
            harmless = next(known, None)
        if numeral.digits == 1 and is_no_digit(numeral, text):
            continue
        alone = alone or not _is_bridged(text, end, numeral.start)
        if (harmless and harmless.start() <= numeral.start) or is_measured(numeral, alone, text):
            yield None, False
            alone = True
        else:
            yield numeral, not alone
            alone = False
        end = numeral.end


def is_measured(numeral: Numeral, alone: bool, text: str) -> bool:
    """Whether a unit follows or a currency sign leads; "five dollars" after more digits measures nothing."""
    if not alone and numeral.digits == 1:
        return False
    if (
        alone
        and numeral.start
        and not (numeral.digits <= _TOLD_SINGLY and _GOES_ON.match(text, numeral.end))
        and _MONEY_BEFORE.search(text, max(numeral.start - _AMOUNT_REACH, 0), numeral.start)
    ):
        return True
    return _UNIT_AFTER.match(text, numeral.end) is not None


def is_exclamation(text: str, at: int) -> bool:
    """Whether a turn begins with "oh" at an offset: with nothing told behind it that is no zero."""
    return _EXCLAIMS.match(text, at) is not None


def is_no_digit(numeral: Numeral, text: str) -> bool:
    """Whether a "one" is part of "one moment" or of "the new one"."""
    if _PAUSES.match(text, numeral.start):
        return True
    if text[numeral.start : numeral.end].lower() != "one" or _NUMBER_NEXT.match(text, numeral.end):
        return False
    return _PRONOUN.search(text, max(numeral.start - 12, 0), numeral.start) is not None


_EXCLAIMS = regex.compile(r"(?<=\n)oh(?=[ ,])", regex.IGNORECASE)
_CODE_FROM = 6
_MEASURED_FROM = 4


def _run(members: list[Numeral], text: str) -> Iterator[DigitRun]:
    if len(members) > 1 and is_exclamation(text, members[-1].start):
        members = members[:-1]
    if not members or _is_counting(members, text):
        return
    start, end = members[0].start, members[-1].end
    digits = sum(member.digits for member in members)
    is_measured = digits < _CODE_FROM and _UNIT_AFTER.match(text, end) is not None
    if is_measured and len(members) < _MEASURED_FROM:
        return
    yield DigitRun(
        start,
        end,
        digits,
        tuple(members),
        is_year=_YEARS.fullmatch(text, start, end) is not None,
        is_amount=_is_amount(members, text),
        is_measured=is_measured,
    )


def _is_amount(members: list[Numeral], text: str) -> bool:
    """One well-formed number, "two million three hundred thousand", or prices that were paid."""
    first = members[0]
    if first.is_written and first.words == 1:
        return False
    if len(members) == 1:
        return first.digits >= _CODE_FROM
    if not are_prices(members) or sum(member.digits for member in members) > _LONGEST_PRICES:
        return False
    return _MONEY_NEAR.search(text, max(first.start - _MONEY_REACH, 0), first.start) is not None


_MONEY_REACH = 80
_LONGEST_PRICES = 12
_MONEY_NEAR = regex.compile(
    r"(?<!\w)(?:charged|paid|(?<!like to |want to )pay|prices?|costs?|cost me|refund(?:ed)?|"
    r"bill(?:ed)? (?:was|is|me)|"
    r"total|заплатил\w*|списал\w*|сняли|стоит|стоил\w*|оплат\w+)(?!\w)"
    r"(?!.*(?<!\w)(?:cards?|accounts?|numbers?|code|ending|visa|mastercard|amex|digits|phone|карт\w*|"
    r"сч[её]т\w*|"
    r"номер\w*|цифр\w*|телефон\w*)(?!\w))[^\n]*\n?[^\n]*$",
    regex.IGNORECASE | regex.DOTALL,
)


def are_prices(members: Sequence[Numeral]) -> bool:
    """Whether numbers read as prices do: "forty nine ninety nine", "one forty nine ninety five"."""
    sizes = "".join(str(min(member.digits, 9)) for member in members)
    return not any(member.is_written for member in members) and _PRICES.fullmatch(sizes) is not None


_PRICES = regex.compile("(?:1?22?|[34])+")

_UP = (
    "one two three four five six seven eight nine ten",
    "один два три четыре пять шесть семь восемь девять десять",
    "一二三四五六七八九十",
)
_DOWN = tuple(" ".join(reversed(words.split())) if " " in words else words[::-1] for words in _UP)
_COUNTED_FROM = 4
_BETWEEN_WORDS = regex.compile(r"[\s,.]+")


def _is_counting(members: list[Numeral], text: str) -> bool:
    """Whether somebody counts up to ten or down from it."""
    if len(members) < _COUNTED_FROM or len(members) > len(_UP[0].split()):
        return False
    said = _BETWEEN_WORDS.sub(" ", text[members[0].start : members[-1].end].lower())
    return any(up.endswith(said) for up in _UP) or any(down.startswith(said) for down in _DOWN)
