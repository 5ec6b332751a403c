"""Personal names as values: their parts, which of them are telling, and where they occur again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import regex

from redaction import kinds
from redaction.anchored import matches_at, word_starts
from redaction.lexicon import words
from redaction.russian import look_up
from redaction.short_names import full_names
from redaction.spans import Finding

_WORD = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Mn}]+|\p{Han}+")
_LETTER_BY_LETTER = regex.compile(
    r"(?<![\p{L}\p{N}'])[\p{Latin}\p{Cyrillic}](?:[ .,-]{1,2}[\p{Latin}\p{Cyrillic}](?![\p{L}\p{N}'])){2,30}"
)
_MARK = regex.compile(r"\p{Mn}")
_HAN = regex.compile(r"\p{Han}+")
_CYRILLIC = regex.compile(r"\p{Cyrillic}+")
TITLES = frozenset(
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
        "ma'am",
        "господин",
        "госпожа",
        "г",
        "гн",
        "гжа",
        "гражданин",
        "гражданка",
        "jr",
        "sr",
        "s",
    }
)
_CHINESETITLES = regex.compile(
    "(?<=.)(?:先生|女士|小姐|太太|夫人|老师|经理|主任|师傅|同学|阿姨|叔叔|大哥|大姐|总|哥|姐)$"
)
_SCORE = 0.75
_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Part:
    """One word of a name: the spellings that count as the same word, in lower case or dictionary form."""

    forms: frozenset[str]

    @property
    def initial(self) -> str | None:
        """The letter, when only the first one of the word is told."""
        letter = min(self.forms, key=len)
        return letter if len(letter) == 1 and not _HAN.match(letter) else None

    def matches(self, other: "Part") -> bool:
        """Whether both can be forms of one word; an initial can be any word that begins with it."""
        if not self.forms.isdisjoint(other.forms):
            return True
        return _begins(other, self.initial) or _begins(self, other.initial)


def _begins(part: Part, initial: str | None) -> bool:
    return initial is not None and any(form.startswith(initial) for form in part.forms)


def parts_of(name: str) -> tuple[Part, ...]:
    """The words of a name without titles; Chinese full names come as surname and given name.

    A name told letter by letter is the word that the letters spell.
    """
    found: list[Part] = []
    for match in _WORD.finditer(_joined_letters(name)):
        word = match.group().lower()
        if _HAN.fullmatch(word):
            found.extend(Part(frozenset({piece})) for piece in _chinese_parts(_CHINESETITLES.sub("", word)))
        elif word not in TITLES:
            found.append(_with_full_names(part_of(word)))
    return tuple(found)


@lru_cache(maxsize=_REMEMBERED)
def part_of(word: str) -> Part:
    """One word in lower case as part of a name."""
    if not _CYRILLIC.fullmatch(word):
        return Part(frozenset({word}))
    reading = look_up(word)
    return Part(frozenset({word}) | (reading.name_forms or frozenset({reading.normal})))


def _with_full_names(part: Part) -> Part:
    return Part(part.forms.union(*(full_names(form) for form in part.forms)))


def _joined_letters(text: str) -> str:
    return str(_LETTER_BY_LETTER.sub(lambda match: _letters(match.group()), text))


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalpha())


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
        for match in _WORD.finditer(_joined_letters(name)):
            word = match.group().lower()
            if _HAN.fullmatch(word):
                self._learn_chinese(word)
            elif len(word) > 1 and word not in TITLES:
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
        words = word_starts(text)
        for match in matches_at(_LETTER_BY_LETTER, text, words.satisfying(_is_letter)):
            if _letters(match.group()).lower() in self._forms:
                yield Finding.at(match.span(), kinds.PERSON, _SCORE)
        for match in _WORD.finditer(text) if _MARK.search(text) else self._of_forms(text):
            if self._is_known(match.group(), text, match.start()):
                yield Finding.at(match.span(), kinds.PERSON, _SCORE)

    def _of_forms(self, text: str) -> "Iterator[regex.Match[str]]":
        return matches_at(_WORD, text, word_starts(text).satisfying(self._is_form))

    def _is_form(self, lower: str) -> bool:
        if lower in self._forms:
            return True
        return _CYRILLIC.fullmatch(lower) is not None and not part_of(lower).forms.isdisjoint(self._forms)

    def _is_known(self, word: str, text: str, at: int) -> bool:
        lower = word.lower()
        if not self._is_form(lower):
            return False
        return not _is_also_a_word(lower) or (word[0].isupper() and not _begins_sentence(text, at))


def _is_letter(word: str) -> bool:
    return len(word) == 1


def _is_also_a_word(word: str) -> bool:
    if _CYRILLIC.fullmatch(word):
        return word in words("ru_common") or look_up(word).normal in words("ru_common")
    return word in words("en_ambiguous") or word in words("en_common")


def _begins_sentence(text: str, at: int) -> bool:
    before = text[max(at - 4, 0) : at].rstrip(" \"'«(")
    return not before or before[-1] in ".!?\n。！？"
