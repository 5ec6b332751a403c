"""The words that are swapped, read from `data/`: which files there are, and what may stand in them."""

import re
from functools import cache, cached_property
from importlib import resources
from typing import Annotated, Any

import yaml
from pydantic import Field, TypeAdapter

from service.domain.base import Model
from service.domain.transcript import Language


class NameGroup(Model):
    """Names of one origin. Where `family` is empty, people have a given name only."""

    female: tuple[str, ...]
    male: tuple[str, ...]
    either: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    patronymic_female: tuple[str, ...] = ()
    patronymic_male: tuple[str, ...] = ()


class Rule(Model):
    """A marker: what `find` (a regular expression, case ignored) matches becomes `put`, which may refer to
    groups, in a `share` (0 to 1) of all places.
    """

    find: str
    put: str
    share: Annotated[float, Field(gt=0, le=1)] = 1.0

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The expression, compiled."""
        return re.compile(self.find, re.IGNORECASE)


class GenderWords(Model):
    """Words that show somebody's gender. `address` is for the one who is spoken to, `titles` for whoever is
    named next to them, `others` for people that are
    spoken about. The rest finds what Russian speakers show of themselves.
    """

    address: tuple[Rule, ...] = ()
    titles: tuple[Rule, ...] = ()
    others: tuple[Rule, ...] = ()
    states: frozenset[str] = frozenset()
    openers: frozenset[str] = frozenset()
    clause_ends: frozenset[str] = frozenset()


Names = dict[Language, dict[str, NameGroup]]
Dialects = dict[Language, dict[str, tuple[Rule, ...]]]
Genders = dict[Language, GenderWords]


@cache
def names() -> Names:
    """Return the groups of names of each language."""
    return TypeAdapter(Names).validate_python(_data("names.yaml"))


@cache
def dialects() -> Dialects:
    """Return the rules of each variety of each language; `standard` takes markers out."""
    return TypeAdapter(Dialects).validate_python(_data("dialect.yaml"))


@cache
def genders() -> Genders:
    """Return the words of address and reference of each language."""
    return TypeAdapter(Genders).validate_python(_data("gender.yaml"))


def _data(name: str) -> Any:
    return yaml.safe_load(resources.files("evals.fairness").joinpath("data", name).read_text("utf-8"))
