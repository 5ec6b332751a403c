"""Text as a speech recognizer would have written it: lower case, no punctuation."""

import unicodedata

from evals.redaction.example import Example, Span
from service.domain.transcript import Turn


def as_recognized(example: Example) -> Example:
    """Return the example in lower case without punctuation, its spans carried over."""
    written = [lowered(turn.text) for turn in example.conversation.turns]
    turns = tuple(
        Turn(**{**dict(turn), "text": text})
        for turn, (text, _) in zip(example.conversation.turns, written, strict=True)
    )
    places = [place for _, place in written]
    conversation = example.conversation.model_copy(update={"turns": turns})
    return example._replace(
        conversation=conversation,
        spans=tuple(_carried(span, places) for span in example.spans),
        neutral=tuple(_carried(span, places) for span in example.neutral),
    )


def lowered(text: str) -> tuple[str, list[int]]:
    """Return `text` in lower case, everything but letters, digits and marks one space, and where it went.

    The second value has the new offset of each offset from 0 to `len(text)`.
    """
    out: list[str] = []
    size = 0
    places: list[int] = []
    for character in text:
        places.append(size)
        new = character.lower() if _is_spoken(character) else " "
        if new == " " and (not out or out[-1] == " "):
            continue
        out.append(new)
        size += len(new)
    return "".join(out), [*places, size]


def _is_spoken(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _carried(span: Span, places: list[list[int]]) -> Span:
    place = places[span.turn]
    return span._replace(start=place[span.start], end=place[span.end])
