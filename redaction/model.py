"""What goes into redaction and what comes out of it."""

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """One turn of a conversation: who speaks, and what was said."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Entity:
    """One piece of personal data that was taken out of one turn.

    ``turn`` counts from 0; ``start`` and ``end`` are code-point offsets in the original text of that turn,
    end exclusive. ``placeholder`` is what stands there now: a token, a mask, or nothing at all.
    An entity that runs over several turns is one ``Entity`` per turn.
    """

    turn: int
    start: int
    end: int
    type: str
    placeholder: str


@dataclass(frozen=True, slots=True)
class Redaction:
    """A redacted conversation: one text per turn given, and every piece that was taken out, in order.

    ``caught`` counts the pieces that no rule found and the safety net took out as ``DIGITS``.
    """

    turns: tuple[str, ...]
    entities: tuple[Entity, ...]
    language: str
    policy: str
    version: str
    caught: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """How many entries each entity type has, types in alphabetical order."""
        return dict(sorted(Counter(entity.type for entity in self.entities).items()))


def restore(
    turns: tuple[str, ...], entities: tuple[Entity, ...], originals: tuple[str, ...]
) -> tuple[str, ...]:
    """Put the original pieces back into redacted turns.

    It needs the original turns, so it is no way round redaction: it exists to prove that the spans are exact.
    Raises ``ValueError`` when a placeholder does not stand where the spans say.
    """
    return tuple(
        _restore_turn(text, [entity for entity in entities if entity.turn == turn], originals[turn])
        for turn, text in enumerate(turns)
    )


def _restore_turn(text: str, entities: list[Entity], original: str) -> str:
    out: list[str] = []
    at = 0
    taken = 0
    for entity in entities:
        kept = entity.start - taken
        out.append(text[at : at + kept])
        at += kept
        if not text.startswith(entity.placeholder, at):
            raise ValueError(
                f"turn {entity.turn} does not have the placeholder of {entity.start}:{entity.end}"
            )
        out.append(original[entity.start : entity.end])
        at += len(entity.placeholder)
        taken = entity.end
    return "".join(out) + text[at:]
