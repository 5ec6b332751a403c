"""What placeholders stood for, for an auditor who may know."""

from collections.abc import Iterable
from datetime import datetime

from service.domain.base import Model


class Original(Model):
    """What stood where a placeholder stands now: `turn.text[start:end] == placeholder` in the redacted turn.

    `turn`, `start` and `end` are None outside of the turns: in metadata and reference texts.
    """

    placeholder: str
    text: str
    turn: int | None = None
    start: int | None = None
    end: int | None = None


class VaultContent(Model):
    """Everything that one conversation's placeholders stood for.

    `placeholders` holds each spelling once, in the order in which they were said. `originals` holds every
    piece in order: a number told over several turns is one placeholder with a piece in each of them.
    """

    evaluation: str
    expires_at: datetime
    placeholders: dict[str, tuple[str, ...]]
    originals: tuple[Original, ...]


def spellings(originals: Iterable[Original]) -> dict[str, tuple[str, ...]]:
    """Return the distinct texts of every placeholder, in order."""
    found: dict[str, dict[str, None]] = {}
    for original in originals:
        found.setdefault(original.placeholder, {})[original.text] = None
    return {placeholder: tuple(texts) for placeholder, texts in found.items()}
