"""Numbers told digit by digit, in words or figures, over one turn or several; the context names them."""

from collections.abc import Iterator

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.digit_runs import DigitRun, digit_runs, is_bridge
from redaction.recognizers.reader import Found, Reader

_ANYWAY_FROM = 6
_IN_CONTEXT_FROM = 3
_CARD_FROM = 13
_SCORE = 0.6
_UNNAMED_SCORE = 0.5
_TURNS_BEFORE = 3
_REACH = 400
_NEAR = 70
_AFTER = 40

# What a number is called by the words before it. Where several fit, the nearest wins.
_NAMES = {
    kinds.SECRET: (
        r"cvv2?|cvc2?|cvn|pin(?: code| number)?|security (?:code|number)|pass ?code|one[- ]?time (?:code|"
        r"password)|"
        r"verification code|otp|the code|code (?:is|we sent|you received)|digits on the back|"
        r"пин-?код\w*|пин|код\w? (?:из|безопасности|подтверждения|на обороте)|"
        r"код\w*|cvv-?код\w*|парол\w+|验证码|背面|三位数|校验码|安全码|密码|动态码|口令"
    ),
    kinds.CREDIT_CARD: (
        r"(?:credit|debit|bank) ?card|card(?: number)?|visa|mastercard|amex|expir\w+|"
        r"карт\w{1,3}|карточк\w+|виза|мастеркард|卡号|信用卡|银行卡|储蓄卡|借记卡|卡的?(?:后|末|尾)|尾号"
    ),
    kinds.PHONE_NUMBER: (
        r"(?:tele)?phone(?: number)?|mobile|cell|call (?:me|you|us)(?: back)?|reach (?:me|you)|"
        r"number to call|"
        r"best number|contact number|fax|whatsapp|"
        r"телефон\w*|мобильн\w+|сотов\w+|перезвон\w+|номер (?:для связи|мобильного)|"
        r"手机号?|电话|座机|联系方式|打我|打您|回电|号码"
    ),
    kinds.US_SSN: r"ssn|social security|social",
    kinds.ACCOUNT_NUMBER: (
        r"account(?: number)?|member(?:ship)?(?: number)?|customer (?:number|id)|policy(?: number)?|user id|"
        r"routing|sort code|sort|iban|лицев\w+|сч[её]т\w*|договор\w*|полис\w*|абонент\w*|"
        r"账号|账户|帐号|会员号?|"
        r""
        r"保单号?|客户号"
    ),
    kinds.REFERENCE_CODE: (
        r"booking|reservation|order(?: number)?|reference|confirmation|tracking|ticket|case number|claim|"
        r"invoice|"
        r"заказ\w*|брон\w+|заявк\w+|обращени\w+|накладн\w+|трек\w*|квитанци\w+|订单号?|单号|预订号?|工单号?|编号|票号"
    ),
    kinds.PASSPORT: r"passport|паспорт\w*|загранпаспорт\w*|сери[яию]|护照",
    kinds.RU_SNILS: r"снилс\w*",
    kinds.RU_INN: r"инн",
    kinds.CN_RESIDENT_ID: r"身份证|证件号?",
    kinds.DATE_OF_BIRTH: r"date of birth|birth ?date|birthday|dob|born|дат\w рождения|родил\w+|出生|生日",
    kinds.ADDRESS: r"address|zip(?: code)?|post ?code|postal|адрес\w*|индекс\w*|邮编|地址",
    kinds.DIGITS: r"numbers?|digits?|code|номер\w*|цифр\w*|号码|数字",
}
_CONTEXT = regex.compile(
    "|".join(
        rf"(?P<{kind}>(?<![\p{{Latin}}\p{{Cyrillic}}])(?:{words})(?![\p{{Latin}}\p{{Cyrillic}}]))"
        for kind, words in _NAMES.items()
    ),
    regex.IGNORECASE,
)
# Words that are said all the time; a number that is not told digit by digit must stand close to them.
_STRONG = frozenset({kinds.SECRET, kinds.US_SSN, kinds.RU_SNILS, kinds.RU_INN, kinds.CN_RESIDENT_ID})
_NAMES_A_NUMBER = regex.compile(
    r"(?<!\w)(?:number|code|digits|last (?:four|three|4|3)|ending(?: in| with)?|zip|номер\w*|код\w*|цифр\w*|"
    r"оканчива\w+|заканчива\w+)(?!\w)|号|码|后[三四34]位|尾|末",
    regex.IGNORECASE,
)
_NAMES_BY_ASKING = frozenset(_NAMES) - {kinds.DIGITS, kinds.ADDRESS}
_TIME_BEFORE = regex.compile(
    r"(?<!\w)(?:at|by|around|about|until|till|before|after|since|from|to|between|year|in|в|во|к|до|с|около|после|"
    r"through)\s$|[从到在]$",
    regex.IGNORECASE,
)


def recognizers(language: str) -> list[EntityRecognizer]:
    """Six digits told in a row, or three where the words around ask for a number."""
    return [Reader("told numbers", [*_NAMES, kinds.ID_NUMBER], language, _told)]


def _told(text: str) -> Iterator[Found]:
    """Runs of digits and number words, called what the words around them say."""
    for run, kind in _named_runs(text):
        yield kind, run.start, run.end, _UNNAMED_SCORE if kind in kinds.FALLBACK else _SCORE


def _named_runs(text: str) -> Iterator[tuple[DigitRun, str]]:
    for run in digit_runs(text):
        if run.digits < _IN_CONTEXT_FROM:
            continue
        context = _context(run, text)
        if run.digits >= _ANYWAY_FROM and not run.is_year:
            yield run, _name(run, context)
        elif context and _is_told_as(run, context, text):
            yield run, str(context.lastgroup)


def _name(run: DigitRun, context: "regex.Match[str] | None") -> str:
    kind = context.lastgroup if context and context.lastgroup else kinds.DIGITS
    return kinds.ID_NUMBER if kind == kinds.DIGITS and run.digits >= _CARD_FROM else kind


def _context(run: DigitRun, text: str) -> "regex.Match[str] | None":
    """The last naming words before a run, in its turn or the three before; else what follows at once."""
    start = run.start
    for _ in range(_TURNS_BEFORE + 1):
        start = max(text.rfind("\n", 0, start), 0)
    before = list(_CONTEXT.finditer(text, max(start, run.start - _REACH), run.start))
    telling = [match for match in before if match.lastgroup != kinds.DIGITS]
    if telling:
        return telling[-1]
    line_end = text.find("\n", run.end)
    stop = min(run.end + _AFTER, line_end if line_end >= 0 else len(text))
    return _CONTEXT.search(text, run.end, stop) or (before[-1] if before else None)


def _is_told_as(run: DigitRun, context: "regex.Match[str]", text: str) -> bool:
    """Whether a short run is the number that the context speaks of, and no year, time or quantity."""
    kind = str(context.lastgroup)
    between = text[context.end() : run.start] if context.end() <= run.start else ""
    sentence = text.rfind("\n", 0, context.start()) + 1
    named = _NAMES_A_NUMBER.search(
        text, max(sentence, context.start() - _REACH), max(run.start, context.end())
    )
    close = len(between) <= _NEAR and between.count("\n") <= 1
    if run.is_year:
        return close and (kind == kinds.SECRET or named is not None) and _is_whole_answer(run, text)
    if run.is_dictated or (kind in _NAMES_BY_ASKING and _is_whole_answer(run, text)):
        return True
    if run.is_round or _TIME_BEFORE.search(text, max(run.start - 9, 0), run.start):
        return False
    return close and (kind in _STRONG or named is not None)


def _is_whole_answer(run: DigitRun, text: str) -> bool:
    """Whether a turn holds nothing but this number, and the turn before asks for one."""
    line_start = text.rfind("\n", 0, run.start) + 1
    line_end = text.find("\n", run.end)
    line_end = len(text) if line_end < 0 else line_end
    if (
        not line_start
        or not is_bridge(text[line_start : run.start])
        or not is_bridge(text[run.end : line_end])
    ):
        return False
    asked_from = text.rfind("\n", 0, line_start - 1) + 1
    return _CONTEXT.search(text, max(asked_from, line_start - _REACH), line_start) is not None
