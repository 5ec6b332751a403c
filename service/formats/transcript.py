"""What a format that is JSON is read into: utterances, and what it says of the conversation as a whole."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from service.domain.transcript import Channel, Language, Speaker
from service.formats.json_node import Node
from service.formats.moments import as_date
from service.formats.utterance import Utterance, bad_content, check_count


@dataclass(frozen=True)
class Transcript:
    """A transcript whose roles are not decided yet. None: it does not say. `started_at` is ISO 8601."""

    utterances: list[Utterance]
    language: Language | None = None
    channel: Channel | None = None
    started_at: str | None = None


def said(
    name: str | None,
    text: str,
    start_s: float | None = None,
    end_s: float | None = None,
    role: Speaker | None = None,
) -> Utterance:
    """Return an utterance; one that ends before it starts has no end. A role may be its own name."""
    end = None if end_s is None or (start_s is not None and end_s < start_s) else end_s
    return Utterance(None, name or role, text, start_s, end, role)


def in_order(utterances: Iterable[Utterance]) -> list[Utterance]:
    """Return those that say something, by time where all have one. Raises InvalidInput: too many, none."""
    found = [each for each in utterances if each.text]
    check_count(found)
    if not found:
        raise bad_content("nobody says anything in it")
    if all(each.start_s is not None for each in found):
        found.sort(key=lambda each: each.start_s or 0.0)
    return found


def from_start(utterances: list[Utterance], start: float | None = None) -> list[Utterance]:
    """Return them with times since 1970 made seconds from `start`, or from the first if that is earlier."""
    times = [each.start_s for each in utterances if each.start_s is not None]
    zero = min([*times, start] if start is not None else times, default=0.0)
    return [_moved(each, zero) for each in utterances]


def _moved(utterance: Utterance, zero: float) -> Utterance:
    start = None if utterance.start_s is None else round(utterance.start_s - zero, 3)
    end = None if utterance.end_s is None else round(max(utterance.end_s - zero, start or 0.0), 3)
    return replace(utterance, start_s=start, end_s=end)


def chat(messages: Iterable[Utterance], language: Language | None = None) -> Transcript:
    """Return a written conversation whose messages are stamped with times since 1970."""
    found = in_order(messages)
    first = next((each.start_s for each in found if each.start_s is not None), None)
    started_at = None if first is None else as_date(first)
    return Transcript(from_start(found), language, "chat", started_at)


def name_of(node: Node, role: Speaker | None) -> str:
    """Return how a participant is called who has this label, or at least this role."""
    return node.label() or role or "unknown speaker"
