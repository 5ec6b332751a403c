"""Which swaps there are, and how one is applied: the same seed gives the same words."""

import hashlib
import random
from typing import get_args

from evals.fairness.dialect import dialect_swaps
from evals.fairness.gender import gender_swaps
from evals.fairness.names import name_swaps
from evals.fairness.rewriting import Swap, Variant, rewrite
from evals.fairness.subject import Subject
from service.domain.transcript import Language


class UnknownSwap(ValueError):
    """Nobody knows a swap of this name."""


def swaps_of(language: Language) -> dict[str, Swap]:
    """Return all swaps of a language by name, such as `gender-agent`: families first, in order."""
    return name_swaps(language) | gender_swaps(language) | dialect_swaps(language)


def chosen(wanted: tuple[str, ...]) -> frozenset[str]:
    """Return the names of the swaps that are wanted: whole families, parts of them, single ones; all for
    none.

    Raises UnknownSwap naming what there is.
    """
    known = list(dict.fromkeys(name for language in get_args(Language) for name in swaps_of(language)))
    found: set[str] = set()
    for prefix in wanted or ("names", "gender", "dialect"):
        fitting = {name for name in known if f"{name}-".startswith(f"{prefix}-")}
        if not fitting:
            raise UnknownSwap(
                f"there is no swap {prefix!r}; there are: names, gender, dialect, {_list(known)}"
            )
        found |= fitting
    return frozenset(found)


def varied(subject: Subject, name: str, seed: int) -> Variant:
    """Return the conversation after the swap `name`, which its language must have."""
    digest = hashlib.sha256("\x00".join(turn.text for turn in subject.conversation.turns).encode())
    chance = random.Random(f"{seed} {name} {digest.hexdigest()}")  # noqa: S311 - no secret
    return rewrite(subject, swaps_of(subject.language)[name](subject, chance))


def _list(names: list[str]) -> str:
    return ", ".join(names)
