"""Russian names in the place of others: of the same case, gender and kind (given, father's, family)."""

import random
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from evals.fairness.names_en import drawn
from evals.fairness.rewriting import like
from evals.fairness.russian import parses
from evals.fairness.words import NameGroup
from redaction.training.declension import FAMILY, FEMALE, GIVEN, MALE, PATRONYMIC, declined, feminine

_WORD = re.compile("[а-яё]+(?:-[а-яё]+)?", re.IGNORECASE)
_KINDS = (GIVEN, PATRONYMIC, FAMILY)
_RARE_CASES = {"voct": "nomn", "gen1": "gent", "gen2": "gent", "acc2": "accs", "loc1": "loct", "loc2": "loct"}
_CASES = ("nomn", "gent", "datv", "accs", "ablt", "loct")
"""Of cases that fit equally well, the first is taken."""


class Reading(NamedTuple):
    """One way to understand a word in a name, in the dictionary's tags; singular only."""

    role: str
    gender: str
    case: str


class NewName(NamedTuple):
    """The new name of a person in the nominative, by kind of name, and their gender."""

    parts: dict[str, str]
    gender: str

    @property
    def all(self) -> tuple[str, ...]:
        """What nobody else should be called; a father's name may be shared."""
        return (self.parts[GIVEN], self.parts[FAMILY])


def new_name(said: Sequence[str], group: NameGroup, chance: random.Random, taken: frozenset[str]) -> NewName:
    """Draw a name from a group for the person who is called all of `said`; the gender stays."""
    gender = _gender(said)
    woman = gender == FEMALE
    old = frozenset(parse.normal_form for text in said for word in _words(text) for parse in parses(word))
    families = [feminine(name) for name in group.family] if woman else group.family
    parts = {
        GIVEN: drawn(group.female if woman else group.male, old, taken, chance),
        PATRONYMIC: chance.choice(group.patronymic_female if woman else group.patronymic_male),
        FAMILY: drawn(families, old, taken, chance),
    }
    return NewName(parts, gender)


def renamed(text: str, name: NewName) -> str:
    """Return one mention of a person with the new name in it; a word that is no name in Russian stays."""
    case = _case(_words(text), name.gender)
    return _WORD.sub(lambda word: _word(word.group(), name, case), text)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if len(word) > 1]


def _word(word: str, name: NewName, case: str) -> str:
    if len(word) == 1:
        return like(word, name.parts[GIVEN][0].lower())
    fitting = readings(word.lower())
    if not fitting:
        return word
    role = next((r.role for r in fitting if (r.gender, r.case) == (name.gender, case)), fitting[0].role)
    return like(word, declined(name.parts[role].lower(), role, name.gender, case))


@lru_cache(maxsize=20_000)
def readings(word: str) -> tuple[Reading, ...]:
    """Return how a word in lower case may be read as a name."""
    found = []
    for parse in parses(word):
        tag = parse.tag
        role = next((kind for kind in _KINDS if kind in tag), None)
        if role is None or not tag.case or tag.number != "sing":
            continue
        genders = (str(tag.gender),) if tag.gender in (MALE, FEMALE) else (MALE, FEMALE)
        case = _RARE_CASES.get(str(tag.case), str(tag.case))
        found += [Reading(role, gender, case) for gender in genders]
    return tuple(found)


def _fit(words: Sequence[str], gender: str, case: str) -> int:
    """Return how many words can be of this gender and case. Family names of two genders often look alike,
    so given names and fathers' names count more.
    """
    fitting = [{r.role for r in readings(word) if (r.gender, r.case) == (gender, case)} for word in words]
    return sum((2 if roles - {FAMILY} else 1) for roles in fitting if roles)


def _case(words: Sequence[str], gender: str) -> str:
    return max(_CASES, key=lambda case: _fit(words, gender, case))


def _gender(said: Sequence[str]) -> str:
    """Return the gender that most mentions show; of one that shows both, the one with the likelier case."""
    votes: Counter[str] = Counter()
    for text in said:
        words = _words(text)
        best = {gender: max(_fit(words, gender, case) for case in _CASES) for gender in (MALE, FEMALE)}
        votes[MALE] += best[MALE]
        votes[FEMALE] += best[FEMALE]
        if best[MALE] == best[FEMALE]:
            votes[MALE if _fit(words, MALE, "nomn") > _fit(words, FEMALE, "nomn") else FEMALE] += 1
    return FEMALE if votes[FEMALE] > votes[MALE] else MALE
