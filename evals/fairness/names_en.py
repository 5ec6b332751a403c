"""English names in the place of others: given names and family names keep their places and their case."""

import random
import re
from collections.abc import Sequence
from typing import NamedTuple

from evals.fairness.rewriting import like
from evals.fairness.words import NameGroup, names

# A word with an apostrophe or a hyphen is one; the possessive is not part of it.
_WORD = re.compile(r"[^\W\d_]+(?:['’-](?!s\b)[^\W\d_]+)*")
_SPELLED = re.compile(r"[^\W\d_](?:[\s.,-]{1,3}[^\W\d_]){2,}\.?")
_MEN = frozenset(("mr", "mister"))
_WOMEN = frozenset(("mrs", "ms", "miss", "missus"))
_TITLES = _MEN | _WOMEN | {"dr", "doctor", "sir", "madam", "and", "s"}
_MEN_IN_A = frozenset(("joshua", "luca", "ezra", "elisha", "mustafa", "krishna", "musa", "isa", "nikita"))

# A single short word in capitals is rather a code of an airport or a booking than a name.
_LONGEST_CODE = 6


class NewName(NamedTuple):
    """The new name of a person, and which of their old words, in lower case, were family names."""

    given: str
    family: str
    old_family: frozenset[str]

    @property
    def all(self) -> tuple[str, ...]:
        """What nobody else should be called."""
        return (self.given, self.family)


def new_name(said: Sequence[str], group: NameGroup, chance: random.Random, taken: frozenset[str]) -> NewName:
    """Draw a name from a group for the person who is called all of `said`; the gender stays if it shows."""
    old = frozenset(word.lower() for text in said for word in _WORD.findall(text))
    given: Sequence[str] = getattr(group, _gender(old)) or group.female
    family = frozenset(word for text in said for word in _family_words(text))
    return NewName(drawn(given, old, taken, chance), drawn(group.family, old, taken, chance), family)


def renamed(text: str, name: NewName) -> str:
    """Return one mention of a person with the new name in it, an initial for an initial."""
    if _SPELLED.fullmatch(text):
        return _spelled(text, name)
    if text.isupper() and text.isalpha() and len(text) <= _LONGEST_CODE:
        return text
    return _WORD.sub(lambda word: _word(word.group(), name), text)


def drawn(pool: Sequence[str], old: frozenset[str], taken: frozenset[str], chance: random.Random) -> str:
    """Draw a name that is none of the old ones (in lower case) and, while there are others, not taken."""
    new = [name for name in pool if name.lower() not in old] or list(pool)
    return chance.choice([name for name in new if name not in taken] or new)


def _family_words(text: str) -> list[str]:
    """Return which words are family names: the last of several, titles counted."""
    if _SPELLED.fullmatch(text):
        return []
    found = [word.lower() for word in _WORD.findall(text)]
    return [word for word in found[1:] if word not in _TITLES][-1:]


def _gender(words: frozenset[str]) -> str:
    for gender, titles in (("female", _WOMEN), ("male", _MEN)):
        known: set[str] = {n.lower() for group in names()["en"].values() for n in getattr(group, gender)}
        if words & (known | titles):
            return gender
    # Few English names of men end like this.
    return "female" if any(word.endswith("a") and word not in _MEN_IN_A for word in words) else "either"


def _word(word: str, name: NewName) -> str:
    if word.lower() in _TITLES:
        return word
    new = name.family if word.lower() in name.old_family else name.given
    new = like(word, new if word[:1].isupper() else new.lower())
    return new[:1] if len(word) == 1 else new


def _spelled(text: str, name: NewName) -> str:
    letters = [character for character in text if character.isalpha()]
    between: str = re.findall(r"[\s.,-]+", text.rstrip("."))[0]
    new = name.family if "".join(letters).lower() in name.old_family else name.given
    return between.join(new.upper() if letters[0].isupper() else new.lower())
