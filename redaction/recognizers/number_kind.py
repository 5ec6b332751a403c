"""What the rules know of one kind of number: how it is written, what people call it, how it is checked."""

from collections.abc import Callable
from dataclasses import dataclass

from redaction.recognizers.checksums import Check

Fits = Callable[[str], bool]
"""Takes a number as it is written and answers whether it can be one of its kind."""


@dataclass(frozen=True, slots=True, eq=False)
class NumberKind:
    """One kind of number. All expressions ignore case.

    ``words`` are expressions for what people call it. What they name may be bare ``digits`` (grouped in any
    way) or one of the ``written`` forms. Without them a number is known by a ``telling`` form, which nothing
    else has; by its characters fitting ``checked`` and the checksum ``check``; or by a ``likely`` form to
    which ``fits`` does not object. The last two need a match of ``script`` in the text around.
    """

    kind: str
    words: tuple[str, ...]
    digits: str | None = None
    written: tuple[str, ...] = ()
    telling: tuple[str, ...] = ()
    check: Check | None = None
    checked: str | None = None
    likely: tuple[str, ...] = ()
    fits: Fits | None = None
    script: str | None = None


def grouped(*sizes: int, gap: str = "[ -]") -> str:
    """An expression for digits in groups of these sizes with ``gap`` between them, and no digits around."""
    groups = gap.join(rf"\d{{{size}}}" for size in sizes)
    return rf"(?<![\d.]|\d[ -]){groups}(?!\d|[ -]\d)"


def solid(digits: str) -> str:
    """An expression for ``digits`` with no digit or letter around."""
    return rf"(?<![0-9A-Za-z]|\d[.,])(?:{digits})(?![0-9A-Za-z]|[.,]\d)"
