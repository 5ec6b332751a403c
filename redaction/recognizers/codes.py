"""Codes that a company gives out: accounts, bookings, orders, plates; and secrets such as passwords."""

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.recognizers.number_kind import NumberKind
from redaction.recognizers.product_codes import is_of_a_product
from redaction.recognizers.shapes import ALONE_AFTER, ALONE_BEFORE, DIGIT, CaptureRecognizer

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
_RU_PLATE = "авекмнорстухabekmhopctyx"
_NO_PLATE = (
    "is|id|no|my|at|in|of|on|to|are|was|number|and|the|for|it|you|or|a|i|with|will|your|car|has|as|by|not|"
    "plate"
)
_PLATE_IN_CONTEXT = (
    rf"{ALONE_BEFORE}(?!(?:{_NO_PLATE})(?!\w))(?=[A-Z]{{0,3}}\d|[A-Z]{{2,4}}[ -]?[A-Z]{{0,3}}\d)"
    rf"[A-Z0-9]{{2,4}}"
    rf"(?:-?[A-Z0-9]{{2,4}}|[ -](?!(?:{_NO_PLATE})(?!\w))[A-Z0-9]{{2,4}}){ALONE_AFTER}"
)
_IS = r"(?: number| code| no\.?| id)?(?: is|'s|:|：|=|是|为| -)?[ \n\"':]{1,3}"


KINDS = (
    NumberKind(
        kinds.LICENSE_PLATE,
        (
            "licen[cs]e plate",
            "number plate",
            "plate(?: number)?",
            "registration(?: number)?",
            "reg(?: number)?",
            "tag number",
            r"госномер\w?",
            r"гос\.? ?номер\w?",
            r"номерн\w+ знак\w*",
            r"номер\w? (?:машин|авто)\w+",
            "车牌",
            "车号",
        ),
        written=(_PLATE_IN_CONTEXT,),
        telling=(
            rf"(?<!\w)[{_RU_PLATE}] ?\d{{3}} ?[{_RU_PLATE}]{{2}} ?\d{{2,3}}(?!\w)",
            (
                r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·•. ]?"
                r"(?=[A-Z0-9]{0,5}\d)[A-Z0-9]{4,6}[挂学警港澳]?(?![A-Z0-9])"
            ),
            rf"{ALONE_BEFORE}[A-Z]{{2}}\d{{2}} [A-Z]{{3}}{ALONE_AFTER}",
        ),
    ),
    NumberKind(
        kinds.SECRET,
        (
            "pin(?: code| number)?",
            "pass ?word",
            "pass ?code",
            "cvv2?",
            "cvc2?",
            "security code",
            "one-?time code",
            "otp",
            "verification code",
            "access code",
            r"пин-?код\w?",
            "пин",
            r"парол\w{1,2}",
            r"код\w? из (?:смс|sms)",
            r"код\w? подтверждения",
            "密码",
            "验证码",
            "校验码",
            "安全码",
            "动态码",
        ),
        digits=r"\d{4,8}",
        written=(rf"{ALONE_BEFORE}(?:\d[ -]){{3,7}}\d{ALONE_AFTER}",),
    ),
    NumberKind(
        kinds.DATE_OF_BIRTH,
        (
            "born(?: on)?",
            "birth(?: ?day| ?date)?",
            "dob",
            "d\\.o\\.b\\.?",
            "date of birth",
            r"рождени\w+",
            r"родил\w+",
            "出生",
            "生日",
            "生于",
        ),
        digits=r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|\d{8}|\d{6}",
    ),
    NumberKind(
        kinds.ACCOUNT_NUMBER,
        (
            "account number",
            "account",
            "acct",
            "member(?:ship)?(?: number| id)?",
            "policy(?: number| no)?",
            "customer (?:id|number)",
            "client (?:id|number)",
            "user ?id",
            "user ?name",
            "loyalty",
            "frequent flyer",
            "patient (?:id|number)",
            "medical record(?: number)?",
            "mrn",
            "employee (?:id|number)",
            "student (?:id|number)",
            r"договор\w*",
            r"абонент\w*",
            r"полис\w*",
            r"логин\w?",
            r"лицев\w+(?: сч[её]т\w*)?",
            r"номер\w? клиента",
            "会员",
            "客户号",
            "保单",
            "用户名",
            "账号",
            "账户",
            "帐号",
            "帐户",
            "户号",
            "学号",
            "工号",
        ),
        digits=r"\d{5,17}",
        written=(_MIXED,),
    ),
    NumberKind(
        kinds.REFERENCE_CODE,
        (
            "booking",
            "reservation",
            "confirmation",
            "orders?",
            "order (?:number|no|id)",
            "reference",
            "ref",
            "tracking",
            "tickets?",
            "invoice",
            "case(?: number| id)?",
            "claim",
            "pnr",
            "record locator",
            "serial(?: number)?",
            "code",
            "imei",
            "parcel",
            "shipment",
            r"заказ\w*",
            r"брон[ьия]\w{0,2}",
            r"бронировани\w+",
            r"трек\w*",
            r"накладн\w+",
            r"квитанци\w+",
            r"заявк\w+",
            r"обращени\w+",
            r"отправлени\w+",
            r"посылк\w+",
            "код",
            "订单",
            "预订",
            "单号",
            "票号",
            "工单",
            "编号",
            "快递",
            "运单",
            "取件码",
            "序列号",
        ),
        digits=r"\d{5,20}",
        written=(_MIXED,),
    ),
)


def recognizers(language: str) -> list[EntityRecognizer]:
    """Codes that show by their shape, and secrets."""
    return [_telling(language), _secret(language)]


def _telling(language: str) -> EntityRecognizer:
    return CaptureRecognizer(
        kinds.REFERENCE_CODE,
        {f"(?<value>{_TELLING})": 0.5},
        language=language,
        accept=lambda value: not _QUANTITY.fullmatch(value),
        refuse=lambda match: is_of_a_product(match.string, *match.span("value")),
        near=DIGIT,
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
            r"(?<!\w)(?:парол[ьяем]{1,2}(?: от \w{2,20})?|пин-?код\w?|кодово\w+ слов\w+|код из смс|"
            r"cvv)[ :\-–]{1,3}(?<value>[^\s,;]{3,64})": 0.7,
            r"(?:密码|验证码|校验码|安全码)(?:是|为|:|：)?[ ]{0,2}(?<value>[A-Za-z0-9]{3,32})": 0.8,
        },
        language=language,
        accept=lambda value: value.lower() not in _NO_SECRET,
    )


_NO_SECRET = frozenset(
    {
        "reset",
        "wrong",
        "incorrect",
        "expired",
        "locked",
        "invalid",
        "correct",
        "required",
        "забыл",
        "забыла",
        "назовите",
        "скажите",
        "подскажите",
        "пожалуйста",
    }
)
