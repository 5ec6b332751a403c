"""Numbers that the United Kingdom gives to a person: insurance, health, driving."""

from redaction import kinds
from redaction.recognizers import checksums
from redaction.recognizers.number_kind import NumberKind
from redaction.recognizers.phones import is_valid_in
from redaction.recognizers.shapes import ALONE_AFTER, ALONE_BEFORE

_PREFIX = "[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"


def _is_health_number(number: str) -> bool:
    """One telephone number in eleven has fitting check digits by chance, and there are many more of those."""
    return checksums.nhs(number) and not is_valid_in(number, "US")


KINDS = (
    NumberKind(
        kinds.UK_NINO,
        ("insurance", "national insurance(?: number| no)?", "nino", "ni(?: number)?"),
        written=(rf"{ALONE_BEFORE}[A-Z]{{2}} ?\d{{2}} ?\d{{2}} ?\d{{2}} ?[A-Z]{ALONE_AFTER}",),
        telling=(rf"{ALONE_BEFORE}{_PREFIX} ?\d{{2}} ?\d{{2}} ?\d{{2}} ?[A-D]{ALONE_AFTER}",),
    ),
    NumberKind(
        kinds.UK_NHS,
        ("nhs(?: number| no)?", "health service"),
        digits=r"\d{10}",
        check=_is_health_number,
        checked=r"[4679]\d{9}",
        script=r"\p{Latin}{2}",
    ),
    NumberKind(
        kinds.DRIVER_LICENSE,
        ("driving licen[cs]e", "licen[cs]e"),
        telling=(rf"{ALONE_BEFORE}[A-Z9]{{5}} ?\d{{6}} ?[A-Z9]{{2}}\d ?[A-Z]{{2}}{ALONE_AFTER}",),
    ),
)
