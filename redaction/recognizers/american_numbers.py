"""Numbers that the United States give to a person: social security, tax, driving."""

from redaction import kinds
from redaction.recognizers.number_kind import NumberKind, grouped
from redaction.recognizers.shapes import ALONE_AFTER, ALONE_BEFORE

_LICENSE_WORDS = (
    "driver'?s? licen[cs]e",
    "drivers' licen[cs]e",
    "driving licen[cs]e",
    "licen[cs]e (?:number|no|#)",
    "licen[cs]e id",
    "dl",
    "licen[cs]e",
)

KINDS = (
    NumberKind(
        kinds.US_ITIN,
        ("itin", "taxpayer(?: identification)?(?: number)?", "tax id"),
        digits=r"9\d{8}",
        telling=(rf"(?=9\d\d.(?:5\d|6[0-5]|[78]\d|9[0-24-9])){grouped(3, 2, 4)}",),
    ),
    NumberKind(
        kinds.US_SSN,
        ("ssn", "social", "social security(?: number| no)?", "ssa", "ssid", "ss"),
        digits=r"\d{9}|\d{4}",
        telling=(grouped(3, 2, 4),),
    ),
    NumberKind(
        kinds.DRIVER_LICENSE,
        _LICENSE_WORDS,
        digits=r"\d{7,14}",
        written=(
            rf"{ALONE_BEFORE}[A-Z]{{1,3}}-?\d{{3,14}}(?:[ -]\d{{2,6}}){{0,4}}{ALONE_AFTER}",
            rf"{ALONE_BEFORE}\d{{2,3}}[A-Z]{{2,3}}\d{{4,6}}{ALONE_AFTER}",
            grouped(3, 3, 3, gap="-"),
            grouped(2, 3, 4, gap="-"),
        ),
    ),
)
