"""What the words around a number call it: "my account is", "код из смс", 卡号; the nearest name wins."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

from redaction import kinds
from redaction.anchored import Anchored
from redaction.digit_runs import is_bridge

PRICE = "price"
READING = "reading"
"""Names that a number may have instead of an entity type: what it says is harmless."""

_TURNS_BEFORE = 3
_LINES_BEFORE = 12
_REACH = 400
_AFTER = 40

_NAMES = {
    kinds.SECRET: (
        r"cvv2?|cvc2?|cvn|pin(?: code| number)?|security (?:code|number)|pass ?code|one[- ]?time (?:code|"
        r"password)|gate code|door code|entry code|access code|alarm code|"
        r"three[ -]digit code|four[ -]digit code|six[ -]digit code|"
        r"verification code|otp|code (?:is|we sent|you received)|digits on the (?:back|front)|"
        r"пин-?код\w*|пин|код\w? (?:из|безопасности|подтверждения|на обороте)|цифр\w* на об\w+|"
        r"код\w*|cvv-?код\w*|парол\w+|домофон\w*|验证码|背面|三位数|校验码|安全码|密码|动态码|口令"
    ),
    kinds.CREDIT_CARD: (
        r"credit ?card|debit ?card|bank ?card|card(?: number)?|visa|mastercard|amex|expir\w+|"
        r"valid (?:until|thru|through)|"
        r"карт\w{1,3}|карточк\w+|виза|мастеркард|срок\w* действия|"
        r"卡号|信用卡|银行卡|储蓄卡|借记卡|卡的?(?:后|末|尾)|尾号|有效期"
    ),
    kinds.PHONE_NUMBER: (
        r"telephone(?: number)?|phone(?: number)?|mobile|cell|call ?back(?: number)?|call (?:me|you|"
        r"us)(?: back)?|"
        r"reach (?:me|you)|number to call|area code|extension|ext|"
        r"best number|contact number|fax|whatsapp|"
        r"телефон\w*|мобильн\w+|сотов\w+|перезвон\w+|номер (?:для связи|мобильного)|добавочн\w+|"
        r"手机号?|电话|座机|联系方式|打我|打您|回电|区号|分机"
    ),
    kinds.US_SSN: r"ssn|social security|social",
    kinds.ACCOUNT_NUMBER: (
        r"account(?: number)?|member(?:ship)?(?: number)?|customer (?:number|id|i d)|member (?:number|id|"
        r"i d)|user (?:number|id|i d)|client (?:number|id|i d)|"
        r"policy(?: number)?|loyalty|routing|sort code|sort|iban|"
        r"лицев\w+|сч[её]т(?!чик)\w*|договор\w*|полис\w*|абонент\w*|бик|"
        r"账号|账户|帐号|会员号?|会员卡号?|保单号?|客户号|合同号?|纳税人|税号|档案编?号?"
    ),
    kinds.REFERENCE_CODE: (
        r"booking|reservation|order(?: number)?|reference|confirmation|tracking|ticket|case number|claim|"
        r"invoice|vin|v i n|pnr|record locator|serial|"
        r"заказ\w*|брон\w+|заявк\w+|обращени\w+|накладн\w+|трек\w*|квитанци\w+|"
        r"订单号?|单号|预订号?|工单号?|编号|票号|确认码|预约码"
    ),
    kinds.LICENSE_PLATE: (
        r"licen[sc]e plate|number plate|plate|registration(?: number)?|reg|"
        r"гос ?номер\w*|номер\w* (?:машин\w*|авто\w*)|车牌"
    ),
    kinds.PASSPORT: r"passport|паспорт\w*|загранпаспорт\w*|сери[яию]|护照",
    kinds.RU_SNILS: r"снилс\w*",
    kinds.RU_INN: r"инн",
    kinds.CN_RESIDENT_ID: r"身份证|证件号?",
    kinds.DATE_OF_BIRTH: r"date of birth|birth ?date|birthday|dob|born|дат\w рождения|родил\w+|出生|生日",
    kinds.ADDRESS: r"address|zip(?: code)?|post ?code|postal|адрес\w*|индекс\w*|邮编|地址",
    PRICE: (
        r"how (?:much|many|long|old|far|fast)|what time|prices?|costs?|monthly|payments?|premium|balance|"
        r"total|"
        r"fees?|charged|paid|pay|paying|interest|shipping|tariff|plans?|size|speed|score|"
        r"сколько|стоимость|плат[её]ж\w*|тариф\w*|размер\w*|скорост\w+|оплатите|сняли|списал\w+|цен[аыу]|"
        r"多少钱|多少公里|几点|月供|运费|套餐|保费|利率|价格"
    ),
    READING: r"meter|mileage|odometer|показани\w+|сч[её]тчик\w*|пробег\w*|读数|水表|电表",
    kinds.DIGITS: r"numbers?|digits?|code|номер\w*|цифр\w*|号码|数字",
}
NAMED_KINDS = tuple(kind for kind in _NAMES if kind not in (PRICE, READING))
"""The entity types that a number can be called."""

_HAN = regex.compile(r"\p{Han}")
_ALTERNATIVE = regex.compile(r"(?:\((?:[^()]|\([^()]*\))*\)|[^|()])+")


def _alternatives() -> Iterator[tuple[str, str]]:
    """Every way of naming a number: the kind and the expression, which begins with plain letters."""
    for kind, words in _NAMES.items():
        for match in _ALTERNATIVE.finditer(words):
            yield kind, match.group()


def _joined(alternatives: Iterable[tuple[str, str]]) -> str:
    return "|".join(f"(?P<{kind}>{expression})" for kind, expression in alternatives)


_IN_LETTERS = [entry for entry in _alternatives() if not _HAN.search(entry[1])]
_CONTEXT = Anchored(
    rf"(?<![\p{{Latin}}\p{{Cyrillic}}])(?:{_joined(_IN_LETTERS)})(?![\p{{Latin}}\p{{Cyrillic}}])"
)
_HAN_CONTEXT = regex.compile(_joined(entry for entry in _alternatives() if _HAN.search(entry[1])))


def _names_in(text: str) -> Iterator["regex.Match[str]"]:
    yield from _CONTEXT.finditer(text)
    if not text.isascii():
        yield from _HAN_CONTEXT.finditer(text)


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a text: what it calls a number, ``PRICE`` and ``READING`` included, and where it stands."""

    kind: str
    start: int
    end: int


class Naming:
    """The names in one text, found once, when the first number asks for them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._names: list[Name] | None = None
        self._starts: list[int] = []

    def before(self, start: int, *, price_counts: bool) -> Name | None:
        """The last name before an offset, in its turn or the three before that say something."""
        found = None
        for name in self._reversed(self.line_before(start, _TURNS_BEFORE), start):
            if name.kind == PRICE and not price_counts:
                continue
            if name.kind != kinds.DIGITS:
                return name
            found = found or name
        return found

    def of(self, start: int, end: int, *, price_counts: bool = True) -> Name | None:
        """What the number from ``start`` to ``end`` is called, by what stands before or at once behind it."""
        before = self.before(start, price_counts=price_counts)
        if before is not None and before.kind != kinds.DIGITS:
            return before
        line_end = self._text.find("\n", end)
        stop = min(end + _AFTER, line_end if line_end >= 0 else len(self._text))
        return next(self._between(end, stop), None) or before

    def line_before(self, at: int, turns: int) -> int:
        """Where the turn begins that stands ``turns`` turns before, those not counted that only say "mhm"."""
        start = self._text.rfind("\n", 0, at) + 1
        for _ in range(_LINES_BEFORE):
            if not start or not turns or at - start > _REACH:
                break
            previous = self._text.rfind("\n", 0, start - 1) + 1
            turns -= not is_bridge(self._text[previous : start - 1])
            start = previous
        return max(start, at - _REACH)

    def _reversed(self, start: int, end: int) -> Iterator[Name]:
        return reversed(list(self._between(start, end)))

    def _between(self, start: int, end: int) -> Iterator[Name]:
        names = self._all()
        for index in range(bisect_left(self._starts, start), len(names)):
            if names[index].end > end:
                break
            yield names[index]

    def _all(self) -> list[Name]:
        if self._names is None:
            matches = _names_in(self._text)
            names = [Name(str(match.lastgroup), match.start(), match.end()) for match in matches]
            self._names = sorted(names, key=lambda name: name.start)
            self._starts = [name.start for name in self._names]
        return self._names
