"""Tokens such as ``<PERSON_1>``: which value gets which number, and why none can be forged."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import regex

from redaction import kinds
from redaction.names import Part, parts_of
from redaction.view import fold

TYPED = regex.compile(r"<(?<type>[A-Z][A-Z_]{0,40})_(?<number>[0-9]{1,9})>", regex.IGNORECASE)
"""Text that looks like a placeholder. It is left as it is, and its number is not issued for that type."""


@dataclass(slots=True)
class _Person:
    placeholder: str
    parts: list[Part] = field(default_factory=list)


class Numbering:
    """Issues placeholders for one conversation: the same value gets the same one, numbers count from 1.

    A name is the same value in any case or inflection and when it is a part of exactly one name seen before;
    anything else is the same when its letters and digits are.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """``texts`` are all texts in which placeholders may have been typed."""
        self._taken = {
            (match["type"].upper(), int(match["number"])) for text in texts for match in TYPED.finditer(text)
        }
        self._last: dict[str, int] = {}
        self._issued: dict[tuple[str, str], str] = {}
        self._people: list[_Person] = []

    def placeholder(self, kind: str, value: str) -> str:
        """The placeholder for ``value``; the same for the same value."""
        key = (kind, _plain(value))
        if key not in self._issued:
            self._issued[key] = self._person(value) if kind == kinds.PERSON else self._next(kind)
        return self._issued[key]

    def _next(self, kind: str) -> str:
        number = self._last.get(kind, 0) + 1
        while (kind, number) in self._taken:
            number += 1
        self._last[kind] = number
        return f"<{kind}_{number}>"

    def _person(self, value: str) -> str:
        parts = parts_of(value)
        same = [person for person in self._people if _is_same(person.parts, parts)]
        if len(same) == 1 and parts:
            person = same[0]
        else:
            person = _Person(self._next(kinds.PERSON))
            self._people.append(person)
        person.parts.extend(part for part in parts if not any(part.matches(known) for known in person.parts))
        return person.placeholder


def _is_same(known: Iterable[Part], parts: Iterable[Part]) -> bool:
    """Whether one of the two names consists of parts of the other."""
    first, second = tuple(known), tuple(parts)
    return _contains(first, second) or _contains(second, first)


def _contains(whole: tuple[Part, ...], parts: tuple[Part, ...]) -> bool:
    return all(any(part.matches(other) for other in whole) for part in parts)


def _plain(value: str) -> str:
    folded = fold(value).casefold()
    return "".join(character for character in folded if character.isalnum()) or folded
