"""Brands, shops, banks, makers and software: names that nobody is called by and nobody lives in."""

from collections.abc import Iterator, Sequence
from functools import cache

import regex

from redaction.lexicon import lines
from redaction.russian import normal_form

_WORD = regex.compile(r"[\p{L}\p{N}&]+(?:['’.\-][\p{L}\p{N}]+)*")
_CYRILLIC = regex.compile(r"\p{Cyrillic}+(?:-\p{Cyrillic}+)*")
_OWNER = regex.compile(r"['’]s$")

_Form = frozenset[str]
_Name = tuple[_Form, ...]


def is_brand(text: str) -> bool:
    """Whether a text is nothing but names of brands, in any case, Russian ones in any inflection."""
    words = len(_WORD.findall(text))
    return words > 0 and words == sum(count for _, _, count in _names_in(text))


def brands_in(text: str) -> Iterator[tuple[int, int]]:
    """Where brands are named in ``text``, in order; the longest name where several begin at one word."""
    yield from ((start, end) for start, end, _ in _names_in(text))


def _names_in(text: str) -> Iterator[tuple[int, int, int]]:
    """Start, end and number of words of each name."""
    found = list(_WORD.finditer(text))
    forms = [_forms(word.group()) for word in found]
    at = 0
    while at < len(found):
        count = _longest(forms[at : at + _most_words()])
        if count and "\n" not in text[found[at].start() : found[at + count - 1].end()]:
            yield found[at].start(), found[at + count - 1].end(), count
        at += count or 1


def _longest(forms: Sequence[_Form]) -> int:
    """How many of the first words are a brand's name; 0 for none."""
    names = [name for form in forms[:1] for word in form for name in _by_first().get(word, ())]
    fitting = (len(name) for name in names if _begin_with(forms, name))
    return max(fitting, default=0)


def _begin_with(forms: Sequence[_Form], name: _Name) -> bool:
    pairs = zip(forms, name, strict=False)
    return len(forms) >= len(name) and all(not form.isdisjoint(part) for form, part in pairs)


def _forms(word: str) -> _Form:
    """A word as it stands, without "'s", and in the dictionary's normal form when it is Russian."""
    lower = word.lower().replace("’", "'")
    if _CYRILLIC.fullmatch(lower):
        return frozenset({lower, lower.replace("ё", "е"), normal_form(lower)})
    return frozenset({lower, _OWNER.sub("", lower)})


@cache
def _by_first() -> dict[str, tuple[_Name, ...]]:
    """The names by every form of their first word."""
    index: dict[str, list[_Name]] = {}
    for line in lines("brands"):
        name = tuple(_forms(word) for word in _WORD.findall(line))
        for form in name[0]:
            index.setdefault(form, []).append(name)
    return {first: tuple(names) for first, names in index.items()}


@cache
def _most_words() -> int:
    return max(len(name) for names in _by_first().values() for name in names)
