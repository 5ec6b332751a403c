"""Payment cards, bank accounts and IBANs: the numbers that move money."""

from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.recognizers import checksums
from redaction.recognizers.shapes import ALONE_AFTER, ALONE_BEFORE, GAP, ShapeRecognizer

_CARD_CONTEXT = (
    "card", "cards", "credit", "debit", "visa", "mastercard", "amex", "maestro", "cc", "card number",
    "карта", "карточка", "виза", "мир", "мастеркард",
    "卡号", "银行卡", "信用卡", "借记卡", "储蓄卡",
)  # fmt: skip
_ACCOUNT_CONTEXT = (
    "bank account", "account", "acct", "routing", "sort code", "checking", "savings",
    "счёт", "счет", "расчётный", "расчетный", "лицевой", "р/с", "бик", "корсчёт", "корсчет",
    "账号", "账户", "帐号", "帐户",
)  # fmt: skip


def recognizers(language: str) -> list[EntityRecognizer]:
    """Cards by shape and Luhn sum, accounts by context, IBANs with and without a right check digit."""
    return [
        ShapeRecognizer(
            kinds.CREDIT_CARD,
            {
                rf"(?<!\d)\d(?:{GAP}\d){{12,18}}(?!\d)": 0.4,
                rf"(?<!\d)\d{{4}}(?:{GAP}\d{{4}}){{3}}(?!\d)": 0.45,
                rf"(?<!\d)3[47]\d{{2}}{GAP}\d{{6}}{GAP}\d{{5}}(?!\d)": 0.45,
                r"(?<!\d)\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?[\dxX*]{4}(?!\d)": 0.3,
                r"(?<![\dxX*])[xX*]{4,12}[ -]?\d{4}(?!\d)": 0.5,
            },
            language=language,
            context=_CARD_CONTEXT,
            checksum=checksums.luhn,
        ),
        ShapeRecognizer(
            kinds.BANK_ACCOUNT,
            {
                r"(?<!\d)(?:30[12]|40[1-8]|42[0-9])\d{17}(?!\d)": 0.8,
                r"(?<!\d)\d{20}(?!\d)": 0.4,
                r"(?<!\d)\d{5,17}(?!\d)": 0.2,
                rf"{ALONE_BEFORE}\d{{2}}-\d{{2}}-\d{{2}}{ALONE_AFTER}": 0.2,
            },
            language=language,
            context=_ACCOUNT_CONTEXT,
        ),
        ShapeRecognizer(
            kinds.IBAN_CODE,
            {rf"{ALONE_BEFORE}[A-Z]{{2}}\d{{2}}(?:[ -]?[A-Z0-9]{{4}}){{2,7}}(?:[ -]?[A-Z0-9]"
            rf"{{1,3}})?{ALONE_AFTER}": 0.45},
            language=language,
            context=("iban", "account", "bank", "счёт", "счет", "账号", "账户"),
            checksum=checksums.iban,
        ),
    ]  # fmt: skip
