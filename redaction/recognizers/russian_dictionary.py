"""Which Russian words the dictionary takes for people's names: by readings and the words beside them."""

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from redaction.lexicon import words
from redaction.russian import Word, look_up

_WORD = regex.compile(r"\p{Cyrillic}+(?:-\p{Cyrillic}+)*")
_INTRODUCTION = regex.compile(
    r"(?<!\w)(?:зовут|зовите|меня звать|имя|фамилия|отчество|фио|на имя|имени|это|говорит|"
    r"обращаться|оформлен[аоы]? на|господин\w*|госпож\w+|уважаем\w+|"
    r"гражданин\w*)(?: меня)?[ :,\-]{1,3}$",
    regex.I,
)
_GLUE = regex.compile(r" |\. ?|-")
_REACH = 24
_CERTAIN = 0.5
_POSSIBLE = 0.3
_DOUBTFUL = 0.05
_NEVER = 2.0


@dataclass(frozen=True, slots=True)
class Vote:
    """A word that the dictionary takes for a name, and the share of its readings, 0 to 1, that say so.

    ``is_supported`` when a name or an introduction stands beside it.
    """

    start: int
    end: int
    share: float
    is_supported: bool


def votes(text: str) -> Iterator[Vote]:
    """Words most of whose readings are given names, family names or patronymics. Case does not matter."""
    matches = list(_WORD.finditer(text))
    readings = [look_up(match.group().lower()) for match in matches]
    for index, match in enumerate(matches):
        share = readings[index].name_share
        follows = share < _DOUBTFUL and _follows_given_name(text, matches, readings, index)
        if share < _DOUBTFUL and not follows:
            continue
        supported = _is_beside_a_name(text, matches, readings, index) or _is_introduced(text, match)
        if follows or share >= _threshold(match.group(), readings[index], supported):
            yield Vote(match.start(), match.end(), share, supported)


def _follows_given_name(
    text: str, matches: list["regex.Match[str]"], readings: list[Word], index: int
) -> bool:
    """Whether this is a word that no dictionary knows right behind a given name: a foreign family name."""
    if index == 0 or readings[index].known or len(matches[index].group()) < 4:
        return False
    before = readings[index - 1]
    is_given = "given" in before.roles and before.name_share >= _CERTAIN and before.known
    gap = text[matches[index - 1].end() : matches[index].start()]
    return is_given and gap == " " and matches[index - 1].group().lower() not in words("ru_common")


def _threshold(word: str, reading: Word, supported: bool) -> float:
    """The share of name readings that this word needs; above 1 means that it cannot be a name here."""
    if len(word) < 3 and not supported:
        return _NEVER
    if word.lower() in words("ru_common") or reading.normal in words("ru_common"):
        return _DOUBTFUL if supported else _NEVER
    cased = word[0].isupper()
    if not reading.known:
        return _POSSIBLE if supported and cased else _CERTAIN if cased or supported else 0.65
    if supported:
        return _DOUBTFUL if cased else 0.2
    return _POSSIBLE


def _is_introduced(text: str, match: "regex.Match[str]") -> bool:
    return _INTRODUCTION.search(text, max(match.start() - _REACH, 0), match.start()) is not None


def _is_beside_a_name(text: str, matches: list["regex.Match[str]"], readings: list[Word], index: int) -> bool:
    return any(
        0 <= other < len(matches)
        and readings[other].name_share >= _CERTAIN
        and readings[other].known
        and matches[other].group().lower() not in words("ru_common")
        and _GLUE.fullmatch(
            text,
            min(matches[index].end(), matches[other].end()),
            max(matches[index].start(), matches[other].start()),
        )
        for other in (index - 1, index + 1)
    )
