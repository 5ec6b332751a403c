"""Which mentions of names are of one person."""

from collections.abc import Iterable
from dataclasses import dataclass

from redaction.names import Part, parts_of
from redaction.russian import look_up

_MANY = 50


@dataclass(slots=True, eq=False)
class Person:
    """One person of a conversation, by the parts of the names told of them."""

    parts: tuple[Part, ...]
    number: int = -1


class People:
    """The people of one conversation.

    A name is the same person's when it consists of parts of exactly one longer name, in any order, case,
    inflection or short form. Names that share a part and have another that differs are two people's: "John
    Smith", "Mary Smith". What fits more than one of them, "Mr Smith", is a person of its own: better one too
    many than two made one.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        """``names`` are all that will be asked for; of names that were not, the longer should come first."""
        self._by_form: dict[str, set[int]] = {}
        self._people: list[Person] = []
        self._known: dict[frozenset[frozenset[str]], Person] = {}
        for parts in sorted((parts_of(name) for name in dict.fromkeys(names)), key=len, reverse=True):
            self._resolve(parts)

    def person(self, name: str) -> Person:
        """Who a name stands for; the same for the same name."""
        return self._resolve(parts_of(name)) if parts_of(name) else Person(())

    def _resolve(self, parts: tuple[Part, ...]) -> Person:
        key = frozenset(part.forms for part in parts)
        if key not in self._known:
            self._known[key] = self._find(parts)
        return self._known[key]

    def _find(self, parts: tuple[Part, ...]) -> Person:
        same = [person for person in self._with_all(parts) if _contains(person.parts, parts)]
        same = same or [person for person in self._with_any(parts) if _is_same(person.parts, parts)]
        if len(same) == 1:
            self._extend(same[0], parts)
            return same[0]
        if same:
            return Person(parts)
        person = Person(parts, len(self._people))
        self._people.append(person)
        self._extend(person, parts)
        return person

    def _extend(self, person: Person, parts: tuple[Part, ...]) -> None:
        person.parts += tuple(part for part in parts if not _contains(person.parts, (part,)))
        for part in parts:
            for form in part.forms:
                self._by_form.setdefault(form, set()).add(person.number)

    def _with_all(self, parts: tuple[Part, ...]) -> list[Person]:
        """The people with the rarest part of a name, which are the only ones who can have all of it."""
        words = [self._having(part) for part in parts if part.initial is None]
        return self._listed(min(words, key=lambda numbers: len(numbers))) if words else self._people

    def _with_any(self, parts: tuple[Part, ...]) -> list[Person]:
        """The people with any part of a name; a part that many have tells nobody apart."""
        words = [numbers for part in parts if len(numbers := self._having(part)) <= _MANY]
        return self._listed(set().union(*words))

    def _listed(self, numbers: set[int]) -> list[Person]:
        return [self._people[number] for number in sorted(numbers)]

    def _having(self, part: Part) -> set[int]:
        numbers = [self._by_form[form] for form in part.forms if form in self._by_form]
        return numbers[0] if len(numbers) == 1 else set().union(*numbers)


def _is_same(known: tuple[Part, ...], parts: tuple[Part, ...]) -> bool:
    return _contains(parts, known) or _is_polite_and_full(known, parts)


def _contains(whole: tuple[Part, ...], parts: tuple[Part, ...]) -> bool:
    return all(any(part.matches(other) for other in whole) for part in parts)


def _is_polite_and_full(first: tuple[Part, ...], second: tuple[Part, ...]) -> bool:
    """Whether a Russian given name comes once with a patronymic and once with a surname."""
    rest = [part for part in first if not _contains(second, (part,))]
    other = [part for part in second if not _contains(first, (part,))]
    if len(rest) == len(first) or len(rest) != 1 or len(other) != 1:
        return False
    return _is_patronymic(rest[0]) != _is_patronymic(other[0])


def _is_patronymic(part: Part) -> bool:
    return any("patronymic" in look_up(form).roles for form in part.forms)
