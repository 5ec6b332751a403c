"""A value in somebody else's JSON, with the path that leads to it: every complaint can name the place."""

import math
from typing import Any

from service.domain.errors import InvalidInput
from service.formats.utterance import bad_content

MAX_ROWS = 200_000
"""Items of one list: events, words, empty segments and all, of which most never become turns."""

LONGEST_LABEL = 200
LAST_SECOND = 1_000_000.0
"""What a conversation may last, in seconds; the conversation itself says so too, without naming the place."""


class Node:
    """A JSON value and where it stands; the path is put together when it is needed, which is for errors."""

    __slots__ = ("_holder", "_step", "value")

    def __init__(self, value: Any, holder: "Node | None" = None, step: str | int = "") -> None:
        """`step` is the key or position at which `holder` has the value; the whole document has none."""
        self.value = value
        self._holder = holder
        self._step = step

    @property
    def path(self) -> str:
        """The path as in ``results.channels[0].alternatives``; that of the whole document is empty."""
        if self._holder is None:
            return ""
        above = self._holder.path
        if isinstance(self._step, int):
            return f"{above}[{self._step}]"
        return f"{above}.{self._step}" if above else self._step

    def get(self, *names: str) -> "Node":
        """Return what the first of these keys that is not null holds; null where there is none."""
        if isinstance(self.value, dict):
            for name in names:
                found = self.value.get(name)
                if found is not None:
                    return Node(found, self, name)
        return Node(None, self, names[0])

    def rows(self) -> list["Node"]:
        """Return the items of this list of objects; null is an empty one. Raises InvalidInput."""
        items = self._list()
        rows = [Node(item, self, position) for position, item in enumerate(items)]
        wrong = next((row for row in rows if not isinstance(row.value, dict)), None)
        if wrong is not None:
            raise wrong.error("this has to be an object")
        return rows

    def required_rows(self, remedy: str) -> list["Node"]:
        """Return the items of this list; where there is none, `remedy` is told. Raises InvalidInput."""
        if self.value is None:
            raise self.error(f"this is missing; {remedy}")
        return self.rows()

    def _list(self) -> list[Any]:
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            raise self.error("this has to be a list")
        if len(self.value) > MAX_ROWS:
            raise self.error(f"this list has more than {MAX_ROWS:,} items; split the conversation")
        return self.value

    def text(self) -> str:
        """Return what is said here, trimmed; null is nothing. Raises InvalidInput for what is no text."""
        if self.value is None:
            return ""
        if not isinstance(self.value, str):
            raise self.error("this has to be text")
        return self.value.strip()

    def label(self) -> str | None:
        """Return a name, an id or a number that stands for somebody, as text. Raises InvalidInput."""
        value = self.value
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise self.error("this has to be text or a whole number")
        if isinstance(value, int) and abs(value) >= 10**30:
            raise self.error("this number is too large")
        return str(value).strip()[:LONGEST_LABEL] or None

    def number(self) -> float | None:
        """Return a number, also one written as text (`"1.5"`, `"1.5s"`). Raises InvalidInput."""
        value = self.value
        if value is None or value == "":
            return None
        if isinstance(value, str):
            value = value.strip().removesuffix("s")[:40]
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise self.error("this has to be a number")
        return number

    def seconds(self, per_second: float = 1.0) -> float | None:
        """Return an offset from the start in seconds; `per_second` is the unit (1000: milliseconds).

        Also reads a duration written as ``{"seconds": 1, "nanos": 500000000}``. Raises InvalidInput.
        """
        if isinstance(self.value, dict):
            whole, nanos = self.get("seconds").number(), self.get("nanos").number()
            found: float | None = (whole or 0.0) + (nanos or 0.0) / 1e9
        else:
            number = self.number()
            found = None if number is None else number / per_second
        if found is not None and not 0 <= found <= LAST_SECOND:
            raise self.error(f"this has to lie between 0 and {LAST_SECOND:,.0f} seconds")
        return None if found is None else round(found, 3)

    def error(self, detail: str) -> InvalidInput:
        """Return the error about this place."""
        path = self.path
        return bad_content(f"{path}: {detail}" if path else detail)
