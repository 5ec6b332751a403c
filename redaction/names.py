"""Personal names as values: their parts, which of them are telling, and where they occur again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

from redaction import kinds
from redaction.lexicon import words
from redaction.russian import look_up
from redaction.spans import Finding

_WORD = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Mn}]+|\p{Han}+")
_HAN = regex.compile(r"\p{Han}+")
_CYRILLIC = regex.compile(r"\p{Cyrillic}+")
_TITLES = frozenset(
    {
        "mr",
        "mrs",
        "ms",
        "miss",
        "mister",
        "dr",
        "prof",
        "sir",
        "madam",
        "господин",
        "госпожа",
        "jr",
        "sr",
        "s",
    }
)
_TWO_CHARACTER_SURNAMES_FROM = 4
_SCORE = 0.75


@dataclass(frozen=True, slots=True)
class Part:
    """One word of a name: the spellings that count as the same word, in lower case or dictionary form."""

    forms: frozenset[str]

    def matches(self, other: "Part") -> bool:
        """Whether both can be forms of one word."""
        return not self.forms.isdisjoint(other.forms)


def parts_of(name: str) -> tuple[Part, ...]:
    """The words of a name without titles; Chinese full names come as surname and given name."""
    found: list[Part] = []
    for match in _WORD.finditer(name):
        word = match.group().lower()
        if _HAN.fullmatch(word):
            found.extend(Part(frozenset({piece})) for piece in _chinese_parts(word))
        elif word not in _TITLES:
            found.append(part_of(word))
    return tuple(found)


def part_of(word: str) -> Part:
    """One word in lower case as part of a name."""
    if not _CYRILLIC.fullmatch(word):
        return Part(frozenset({word}))
    reading = look_up(word)
    return Part(frozenset({word}) | (reading.name_forms or frozenset({reading.normal})))


def _chinese_parts(name: str) -> tuple[str, ...]:
    for prefix in ("小", "老", "阿"):
        if len(name) == 2 and name.startswith(prefix) and name[1:] in words("zh_surnames"):
            return (name[1:],)
    size = 2 if name[:2] in words("zh_surnames") else 1
    return tuple(piece for piece in (name[:size], name[size:]) if piece)


class KnownNames:
    """The names that one conversation has shown so far, found again in any case, inflection or part."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._forms: set[str] = set()
        self._chinese: set[str] = set()

    def add(self, names: Iterable[str]) -> bool:
        """Take in names; whether any of them is new."""
        fresh = {name for name in names if name not in self._names}
        for name in fresh:
            self._learn(name)
        self._names |= fresh
        return bool(fresh)

    def _learn(self, name: str) -> None:
        for match in _WORD.finditer(name):
            word = match.group().lower()
            if _HAN.fullmatch(word):
                self._learn_chinese(word)
            elif len(word) > 1 and word not in _TITLES:
                self._forms |= part_of(word).forms

    def _learn_chinese(self, name: str) -> None:
        parts = _chinese_parts(name)
        if len(parts) == 1 and parts[0] != name:
            self._chinese.add(name)
        if len(parts) == 2:
            self._chinese.add(name)
            self._chinese |= {parts[1]} if len(parts[1]) > 1 else set()

    def mentions(self, text: str) -> Iterator[Finding]:
        """Every place in ``text`` where a known name or a part of one stands."""
        if self._chinese:
            yield from self._chinese_mentions(text)
        if self._forms:
            yield from self._word_mentions(text)

    def _chinese_mentions(self, text: str) -> Iterator[Finding]:
        names = sorted(self._chinese, key=lambda name: (-len(name), name))
        for match in regex.finditer("|".join(names), text):
            yield Finding.at(match.span(), kinds.PERSON, _SCORE)

    def _word_mentions(self, text: str) -> Iterator[Finding]:
        for match in _WORD.finditer(text):
            if self._is_known(match.group(), text, match.start()):
                yield Finding.at(match.span(), kinds.PERSON, _SCORE)

    def _is_known(self, word: str, text: str, at: int) -> bool:
        lower = word.lower()
        if lower not in self._forms and (
            not _CYRILLIC.fullmatch(word) or part_of(lower).forms.isdisjoint(self._forms)
        ):
            return False
        return not _is_also_a_word(lower) or (word[0].isupper() and not _begins_sentence(text, at))


def _is_also_a_word(word: str) -> bool:
    if _CYRILLIC.fullmatch(word):
        return word in words("ru_common") or look_up(word).normal in words("ru_common")
    return word in words("en_ambiguous") or word in words("en_common")


def _begins_sentence(text: str, at: int) -> bool:
    before = text[max(at - 4, 0) : at].rstrip(" \"'«(")
    return not before or before[-1] in ".!?\n。！？"
