"""Payment cards, bank accounts and what goes with them: the numbers that move money."""

from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.recognizers import checksums
from redaction.recognizers.number_kind import NumberKind, grouped, solid
from redaction.recognizers.shapes import ALONE_AFTER, ALONE_BEFORE, DIGIT, CaptureRecognizer

# American Express and others, Visa, Mastercard with its 2-series, Mir, Discover, UnionPay, Maestro.
_SCHEME = r"(?:3[0-9]|4\d|5[0-9]|6\d|220[0-4]|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)"
_IBAN = rf"{ALONE_BEFORE}[A-Z]{{2}}\d{{2}}(?:[ -]?[A-Z0-9]{{4}}){{2,7}}(?:[ -]?[A-Z0-9]{{1,3}})?{ALONE_AFTER}"
# Countries that use it (ISO 13616 registry).
_IBAN_COUNTRY = (
    "(?:A[DELTZ]|B[AEGHIRY]|C[HRYZ]|D[EKJO]|E[EGS]|F[IOKR]|G[BEILRT]|H[NRU]|I[ELQST]|JO|K[WZ]|L[BCITUVY]|"
    "M[CDEKNRTU]|N[IL]O?|OM|P[KLST]|QA|R[OSU]|S[ACDEIKMOTV]|T[LNR]|U[A]|V[AG]|XK|YE)"
)

KINDS = (
    NumberKind(
        kinds.CREDIT_CARD,
        (
            "(?:credit|debit|bank|prepaid)? ?cards?",
            "card (?:number|no|#)",
            "visa",
            "master ?card",
            "amex",
            "american express",
            "maestro",
            "cc",
            "карт[аыуео]",
            "картой",
            "карточк[аиуе]",
            "виз[аыу]",
            "мастеркард",
            "мир",
            "卡号",
            "银行卡",
            "信用卡",
            "借记卡",
            "储蓄卡",
            "卡",
        ),
        digits=r"\d{12,19}",
        telling=(
            rf"(?={_SCHEME}){grouped(4, 4, 4, 4)}",
            rf"(?={_SCHEME}){grouped(4, 4, 4, 4, 3)}",
            rf"(?=3[47]){grouped(4, 6, 5)}",
            rf"(?=3[0689]){grouped(4, 6, 4)}",
        ),
        check=checksums.luhn,
        checked=rf"{_SCHEME}\d{{9,17}}",
        likely=(solid(r"62\d{14,17}|4\d{15}|5[1-5]\d{14}|220[0-4]\d{12}"),),
    ),
    NumberKind(
        kinds.BANK_ACCOUNT,
        (
            "bank account",
            "checking",
            "savings",
            "sort code",
            r"сч[её]т\w{0,3}",
            r"расч[её]тн\w+",
            "р/с",
            "к/с",
            r"корсч[её]т\w{0,2}",
            "银行账[号户]",
            "对公账户",
            "开户账号",
        ),
        digits=r"\d{8,20}",
        written=(grouped(2, 2, 2, gap="-"), rf"{ALONE_BEFORE}[A-Z]{{1,2}}\d{{7,16}}{ALONE_AFTER}"),
        likely=(solid(r"(?:30[12]|40[1-8]|42\d|45\d)\d{17}"),),
    ),
    NumberKind(
        kinds.BANK_CODE,
        (
            "bic",
            "routing(?: number)?",
            "aba",
            "transit number",
            r"бик\w?",
            r"банковск\w+ идентификационн\w+",
            "联行号",
        ),
        digits=r"\d{9}|\d{12}",
        written=(rf"{ALONE_BEFORE}[A-Z]{{6}}(?=[A-Z0-9]*\d)[A-Z0-9]{{2}}(?:[A-Z0-9]{{3}})?{ALONE_AFTER}",),
    ),
    NumberKind(
        kinds.IBAN_CODE,
        ("iban", "account", r"сч[её]т\w{0,2}", "账[号户]"),
        written=(_IBAN,),
        telling=(
            rf"(?={_IBAN})(?:[A-Z]{{2}}\d{{2}} [A-Z0-9]{{4}}(?: [A-Z0-9]{{4}}){{2,7}}(?: [A-Z0-9]{{1,3}})?)",
        ),
        likely=(rf"(?={_IBAN_COUNTRY}){_IBAN}",),
        check=checksums.iban,
        checked=r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}",
    ),
)


def recognizers(language: str) -> list[EntityRecognizer]:
    """Cards of which a part is hidden behind crosses or stars."""
    hidden = (
        r"(?<!\d)(?<value>\d{4}[ -]?(?:\d{2}[xX*]{2}|[xX*]{4})[ -]?(?:[xX*]{4})[ -]?\d{4})(?!\d)",
        r"(?<![\dxX*])(?<value>[xX*]{4,12}[ -]?\d{4})(?!\d)",
        r"(?<!\d)(?<value>\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?(?=\d{0,3}[xX*])[\dxX*]{4})(?!\w)",
    )
    return [CaptureRecognizer(kinds.CREDIT_CARD, dict.fromkeys(hidden, 0.7), language=language, near=DIGIT)]
