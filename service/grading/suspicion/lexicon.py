"""The words of each language as data: what means what, and which meanings together are an instruction."""

from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BeforeValidator, Field, TypeAdapter

from service.domain.base import Model

_FOLDER = Path(__file__).parent / "lexicons"
_LANGUAGES = ("en", "ru", "zh")


def _listed(value: object) -> object:
    """Read `a, b, c` as a list."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


Listed = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Lexicon(Model):
    """The words of one language. `phrases` are by meaning; `labels` begin forged turns, `keys` and `scores`
    forged answers; `fence_words` stand in forged fences. `fold` maps characters to the ones used here.
    """

    labels: Listed
    speakers: Listed
    keys: Listed
    scores: Listed
    fence_words: Listed
    phrases: dict[str, Listed]
    fold: dict[str, str] = {}


class Rule(Model):
    """Meanings that together are an instruction when at most `within` words lie from the first to the last.

    A meaning of `unless` that stands as near takes it back. Where `apart`, they may be in several turns.
    """

    all: Annotated[tuple[str, ...], Field(min_length=1)]
    within: Annotated[int, Field(ge=1, le=40)]
    unless: tuple[str, ...] = ()
    apart: bool = False


_RULES = TypeAdapter(tuple[Rule, ...])


@cache
def lexicons() -> tuple[Lexicon, ...]:
    """Return the words of all languages: attackers choose theirs freely, so all are always looked for."""
    return tuple(Lexicon.model_validate(_read(language)) for language in _LANGUAGES)


@cache
def rules() -> tuple[Rule, ...]:
    """Return the rules. Raises ValueError when one names a meaning that no language has words for."""
    found = _RULES.validate_python(_read("rules"))
    named = {meaning for rule in found for meaning in (*rule.all, *rule.unless)}
    if unknown := named - set(meanings()):
        raise ValueError(f"rules name meanings without words: {', '.join(sorted(unknown))}")
    return found


@cache
def meanings() -> dict[str, tuple[str, ...]]:
    """Return the phrases of all languages by meaning."""
    gathered: dict[str, tuple[str, ...]] = {}
    for lexicon in lexicons():
        for meaning, phrases in lexicon.phrases.items():
            gathered[meaning] = (*gathered.get(meaning, ()), *phrases)
    return gathered


@cache
def simplified() -> dict[str, str]:
    """Return the character that stands for each that is folded."""
    pairs = (pair for lexicon in lexicons() for pair in lexicon.fold.items())
    return {old: new for olds, news in pairs for old, new in zip(olds, news, strict=True)}


def _read(name: str) -> object:
    return yaml.safe_load((_FOLDER / f"{name}.yaml").read_text("utf-8"))
