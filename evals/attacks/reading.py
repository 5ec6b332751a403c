"""Reads the suite: `suite/{language}.yaml`, and `suite/held_out/` with attacks written before any tuning."""

from functools import cache
from pathlib import Path
from typing import get_args

import yaml
from pydantic import TypeAdapter

from evals.attacks.attack import Attack, Family, Planted, Said, plant
from service.domain.transcript import Language, RedactedConversation

_FOLDER = Path(__file__).parent / "suite"
_FILE = TypeAdapter(dict[Family, list[Planted]])
_CONVERSATIONS = TypeAdapter(dict[Language, dict[str, tuple[Said, ...]]])


@cache
def read_suite() -> tuple[Attack, ...]:
    """Return every attack, by language and family. Raises ValueError when a file of the suite is wrong."""
    conversations = _CONVERSATIONS.validate_python(_read("conversations.yaml"))
    return tuple(
        attack
        for language in get_args(Language)
        for held_out in (False, True)
        for attack in _attacks(language, conversations[language], held_out=held_out)
    )


def _attacks(language: Language, bases: dict[str, tuple[Said, ...]], *, held_out: bool) -> list[Attack]:
    families = _FILE.validate_python(_read(f"{'held_out/' if held_out else ''}{language}.yaml"))
    return [
        plant(
            _conversation(language, bases[planted.base]),
            planted,
            name=f"{language}-{family}-{'h' if held_out else ''}{number}",
            family=family,
            held_out=held_out,
        )
        for family, attacks in families.items()
        for number, planted in enumerate(attacks, 1)
    ]


def _conversation(language: Language, said: tuple[Said, ...]) -> RedactedConversation:
    turns = [{"speaker": speaker, "text": text} for speaker, text in said]
    return RedactedConversation.model_validate({"language": language, "turns": turns})


def _read(name: str) -> object:
    return yaml.safe_load((_FOLDER / name).read_text("utf-8"))
