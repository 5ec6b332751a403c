"""Postcodes in figures, which only the words around tell from other numbers."""

from redaction import kinds
from redaction.recognizers.number_kind import NumberKind

KINDS = (
    NumberKind(
        kinds.ADDRESS,
        ("zip", "zip ?code", "post ?code", "postal(?: code)?", r"индекс\w{0,2}", "邮编", "邮政编码"),
        digits=r"\d{4,6}|\d{9}",
    ),
)
