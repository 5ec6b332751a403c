"""Codes that a company gives out: accounts, bookings, orders, plates; and secrets such as passwords."""

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.recognizers.shapes import ALONE_AFTER, ALONE_BEFORE, CaptureRecognizer, ShapeRecognizer

_UNIT = (
    r"(?!\d+(?:st|nd|rd|th|k|m|gb|mb|tb|oz|lbs?|kg|g|km|cm|mm|ml|mah|am|pm|usd|eur|gbp|rub|"
    r"years?|hours?|h|min|x|s)(?![A-Z0-9]))"
)
_MIXED = (
    rf"{ALONE_BEFORE}{_UNIT}(?<![А-ЯЁ])(?=[A-ZА-ЯЁ0-9\-]{{0,30}}\d)(?=[A-ZА-ЯЁ0-9\-]{{0,30}}[A-ZА-ЯЁ])[A-ZА-ЯЁ0-9]"
    rf"(?:-(?=[A-ZА-ЯЁ]{{0,3}}\d|[A-Z]{{1,3}}(?![A-Z0-9]))|[A-ZА-ЯЁ0-9]){{3,29}}(?<!-){ALONE_AFTER}(?![А-ЯЁ])"
)
# Without context a code shows by digits on both sides of letters or by many digits; "iphone12" has neither.
_TELLING = (
    rf"{ALONE_BEFORE}(?:[A-Z]{{1,4}}-?\d{{5,15}}(?:-[A-Z0-9]{{1,6}}){{0,3}}|\d{{4,15}}-?[A-Z]{{2,4}}|"
    rf"(?=[A-Z0-9]{{6,20}}(?![A-Z0-9]))(?:[A-Z]{{1,6}}\d{{1,6}}[A-Z]{{1,6}}\d[A-Z0-9]{{0,8}}|"
    rf"\d{{1,6}}[A-Z]{{1,6}}\d{{1,6}}[A-Z][A-Z0-9]{{0,8}})){ALONE_AFTER}"
)
_QUANTITY = regex.compile(
    r"\d+(?:st|nd|rd|th|oz|gb|mb|tb|kg|km|cm|mm|ml|mah|am|pm|usd|eur|gbp|rub|years?|x)|[a-z]{3,}\d{1,2}",
    regex.I,
)
_IS = r"(?: number| code| no\.?| id)?(?: is|'s|:|：|=|是|为| -)?[ \n\"':]{1,3}"


def recognizers(language: str) -> list[EntityRecognizer]:
    """Codes in context, codes that show by their shape, plates and secrets."""
    return [_account(language), _reference(language), _telling(language), _plate(language), _secret(language)]


def _account(language: str) -> EntityRecognizer:
    return ShapeRecognizer(
        kinds.ACCOUNT_NUMBER,
        {_MIXED: 0.22, r"(?<![\d.,:])\d(?:[ -]?\d){4,16}(?![\d:]|[.,]\d)": 0.2},
        language=language,
        context=(
            "account number", "account", "member", "membership", "policy number", "customer id",
            "customer number",
            "client id", "user id", "username", "loyalty", "frequent flyer",
            "договор", "абонент", "полис", "логин",
            "会员", "客户号", "保单", "用户名",
        ),
    )  # fmt: skip


def _reference(language: str) -> EntityRecognizer:
    return ShapeRecognizer(
        kinds.REFERENCE_CODE,
        {_MIXED: 0.23, r"(?<![\d.,:])\d(?:[ -]?\d){4,16}(?![\d:]|[.,]\d)": 0.19},
        language=language,
        context=(
            "booking", "reservation", "confirmation", "order", "order number", "reference", "tracking",
            "ticket",
            "invoice", "case number", "claim", "pnr", "record locator", "serial", "code",
            "заказ", "бронь", "бронирование", "трек", "накладная", "квитанция", "заявка", "обращение",
            "订单", "预订", "单号", "票号", "工单", "编号",
        ),
    )  # fmt: skip


def _telling(language: str) -> EntityRecognizer:
    return CaptureRecognizer(
        kinds.REFERENCE_CODE,
        {f"(?<value>{_TELLING})": 0.5},
        language=language,
        accept=lambda value: not _QUANTITY.fullmatch(value),
    )


def _plate(language: str) -> EntityRecognizer:
    letters = "авекмнорстухabekmhopctyx"
    return ShapeRecognizer(
        kinds.LICENSE_PLATE,
        {
            rf"(?<!\w)[{letters}] ?\d{{3}} ?[{letters}]{{2}} ?\d{{2,3}}(?!\w)": 0.7,
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·• ]?[A-Z"
            r"0-9]{5,6}(?![A-Z0-9])": 0.8,
            rf"{ALONE_BEFORE}[A-Z]{{2}}\d{{2}} ?[A-Z]{{3}}{ALONE_AFTER}": 0.45,
            rf"{ALONE_BEFORE}(?!(?:is|id|no|my|at|in|of|on|to|are|was|number)(?!\w))(?=[A-Z]{{0,3}}\d|"
            rf"[A-Z]{{2,4}}[ -]?[A-Z]{{0,3}}\d)[A-Z0-9]{{2,4}}(?:[ -]?[A-Z0-9]{{2,4}}|"
            rf"[ -](?!(?:and|the|is|for|to|in|on|of|it|you|my|at|or|a|i|with|will|"
            rf"your)(?!\w))[A-Z0-9]{{2,3}}){ALONE_AFTER}": 0.16,
        },
        language=language,
        context=("license plate", "plate", "registration number", "госномер", "номерной", "车牌"),
    )


def _secret(language: str) -> EntityRecognizer:
    names = (
        "passwords?|passcode|pass code|cvv2?|cvc2?|cvn|pin(?: code)?|security code|"
        "one-?time code|otp|verification code"
    )
    return CaptureRecognizer(
        kinds.SECRET,
        {
            rf"(?<!\w)(?:{names}){_IS}(?<value>[^\s,;，。]{{0,63}}\d[^\s,;，。]{{0,63}})": 0.8,
            r"(?<!\w)(?:password|passcode)(?: is|:| =) {0,2}(?<value>[^\s,;]{4,64})": 0.7,
            r"(?<!\w)(?:парол[ьяем]{1,2}|пин-?код\w?|кодово\w+ слов\w+|код из смс|"
            r"cvv)[ :\-–]{1,3}(?<value>[^\s,;]{3,64})": 0.7,
            r"(?:密码|验证码|校验码|安全码)(?:是|为|:|：)?[ ]{0,2}(?<value>[A-Za-z0-9]{3,32})": 0.8,
        },
        language=language,
        accept=lambda value: value.lower() not in _NO_SECRET,
    )


_NO_SECRET = frozenset(
    {"reset", "wrong", "incorrect", "expired", "locked", "invalid", "correct", "required", "забыл", "забыла"}
)
