"""Numbers that China gives to a person or a firm: residence, travel, registration."""

from redaction import kinds
from redaction.recognizers import checksums
from redaction.recognizers.number_kind import NumberKind, solid
from redaction.recognizers.shapes import ALONE_AFTER, ALONE_BEFORE

_MONTH_AND_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_BORN = rf"(?:18|19|20)\d{{2}}[ -]?{_MONTH_AND_DAY}"
_USCC = "[0-9A-HJ-NPQRTUWXY]"

KINDS = (
    NumberKind(
        kinds.CN_RESIDENT_ID,
        ("身份证", "身份", "证件", "resident id", "id card", "id number", "id"),
        digits=r"\d{18}|[1-9]\d{14}",
        written=(rf"{ALONE_BEFORE}\d{{6}}[ -]?\d{{4}}[ -]?\d{{4}}[ -]?\d{{3}}[\dX]{ALONE_AFTER}",),
        telling=(rf"{ALONE_BEFORE}[1-9]\d{{5}}[ -]?{_BORN}[ -]?\d{{3}}[\dX]{ALONE_AFTER}",),
        check=checksums.resident_id,
        checked=r"\d{17}[\dX]",
        likely=(solid(rf"[1-8][1-7]\d{{4}}\d{{2}}{_MONTH_AND_DAY}\d{{3}}"),),
        script=r"\p{Han}",
    ),
    NumberKind(
        kinds.CN_USCC,
        ("信用代码", "统一社会", "税号", "营业执照", "纳税人识别号"),
        written=(rf"{ALONE_BEFORE}[0-9A-HJ-NPQRTUWXY]{{15,18}}{ALONE_AFTER}",),
        telling=(rf"{ALONE_BEFORE}(?:9[123]|1[12]|5[1239])\d{{6}}{_USCC}{{10}}{ALONE_AFTER}",),
        check=checksums.credit_code,
        checked=rf"[0-9ANY]{_USCC}\d{{6}}{_USCC}{{10}}",
        script=r"\p{Han}",
    ),
    NumberKind(
        kinds.PASSPORT,
        ("护照", "通行证", "回乡证", "台胞证", "passport(?: number| no)?"),
        digits=r"\d{6,10}",
        written=(
            rf"{ALONE_BEFORE}(?:[A-Z]{{1,2}}-?|(?-i:[A-Z]{{1,2}} ))\d{{6,9}}{ALONE_AFTER}",
            rf"{ALONE_BEFORE}\d{{2}}[A-Z]{{2}}\d{{5}}{ALONE_AFTER}",
        ),
        telling=(rf"{ALONE_BEFORE}(?:E[A-HJ-NP-Z]\d{{7}}|[EGDSP]\d{{8}}|[HM]\d{{10}}){ALONE_AFTER}",),
    ),
)
