"""Swaps of names: everybody who is named gets a name of another origin, the same wherever they are named."""

import random
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from evals.fairness import names_en, names_ru, names_zh
from evals.fairness.rewriting import Edit, Swap
from evals.fairness.subject import Mention, Subject
from evals.fairness.words import NameGroup, names
from service.domain.transcript import Language

_TITLE = re.compile(r"\b(?:mr|mrs|ms|miss|mister|missus|dr|doctor)\.?\s$", re.IGNORECASE)
_LONGEST_TITLE = 10


class _Way(NamedTuple):
    """How one language draws somebody's new name, and writes it in the place of a mention."""

    person: Callable[[list[str], NameGroup, random.Random, frozenset[str]], Any]
    renamed: Callable[[str, Any], str]


def name_swaps(language: Language) -> dict[str, Swap]:
    """Return a swap for each group of names of a language, by name."""
    return {f"names-{group}": _swap(language, words) for group, words in names()[language].items()}


def _swap(language: Language, group: NameGroup) -> Swap:
    def swap(subject: Subject, chance: random.Random) -> list[Edit]:
        return list(_edits(subject, group, _WAYS[language], chance))

    return swap


def _edits(subject: Subject, group: NameGroup, way: _Way, chance: random.Random) -> Iterator[Edit]:
    people: dict[str, list[Mention]] = {}
    taken: set[str] = set()
    for mention in subject.mentions:
        people.setdefault(mention.person, []).append(mention)
    for person, mentions in people.items():
        said = [_said(subject, mention) for mention in mentions]
        name = way.person(said, group, chance, frozenset(taken))
        taken |= set(name.all)
        for mention, text in zip(mentions, said, strict=True):
            start = mention.end - len(text)
            yield Edit(mention.turn, start, mention.end, way.renamed(text, name), person)


def _said(subject: Subject, mention: Mention) -> str:
    """Return the words that name somebody, with an English title in front, which tells kind and gender."""
    text = subject.text(mention.turn)
    title = _TITLE.search(text, max(0, mention.start - _LONGEST_TITLE), mention.start)
    return text[title.start() if title else mention.start : mention.end]


_WAYS: dict[Language, _Way] = {
    "en": _Way(names_en.new_name, names_en.renamed),
    "ru": _Way(names_ru.new_name, names_ru.renamed),
    "zh": _Way(names_zh.new_name, names_zh.renamed),
}
