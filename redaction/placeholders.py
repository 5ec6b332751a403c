"""Tokens such as ``<PERSON_1>``: which value gets which number, and why none can be forged."""

from collections.abc import Iterable

import regex

from redaction import kinds
from redaction.people import People, Person
from redaction.same_values import comparable

TYPED = regex.compile(r"<(?<type>[A-Z][A-Z_]{0,40})_(?<number>[0-9]{1,9})>", regex.IGNORECASE)
"""Text that looks like a placeholder. It is left as it is, and its number is not issued for that type."""


class Numbering:
    """Issues placeholders for one conversation: the same value gets the same one, numbers count from 1.

    Names are the same when they are one person's (``people.py``), other values when they are the same number
    or address however written or told (``same_values.py``).
    """

    def __init__(self, texts: Iterable[str], names: Iterable[str] = ()) -> None:
        """Placeholders may have been typed in any of ``texts``; ``names`` are all that will be asked for."""
        self._taken = {
            (match["type"].upper(), int(match["number"])) for text in texts for match in TYPED.finditer(text)
        }
        self._last: dict[str, int] = {}
        self._issued: dict[tuple[str, str], str] = {}
        self._people = People(names)
        self._persons: dict[Person, str] = {}

    def placeholder(self, kind: str, value: str) -> str:
        """The placeholder for ``value``; the same for the same value."""
        key = (kind, comparable(kind, value))
        if key not in self._issued:
            self._issued[key] = self._person(value) if kind == kinds.PERSON else self._next(kind)
        return self._issued[key]

    def _next(self, kind: str) -> str:
        number = self._last.get(kind, 0) + 1
        while (kind, number) in self._taken:
            number += 1
        self._last[kind] = number
        return f"<{kind}_{number}>"

    def _person(self, name: str) -> str:
        person = self._people.person(name)
        if person not in self._persons:
            self._persons[person] = self._next(kinds.PERSON)
        return self._persons[person]
