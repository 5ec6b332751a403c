"""Amazon Connect: Contact Lens files of calls and chats, its real-time segments, and stored chat transcripts.

Calls have `BeginOffsetMillis` and `EndOffsetMillis`, chats an `AbsoluteTime` and events between the messages.
`Participants` says who is who; real-time segments and stored chats say it in each item.
"""

import json

from service.domain.transcript import Speaker
from service.formats.json_node import Node
from service.formats.moments import epoch_seconds
from service.formats.spoken_languages import language_of
from service.formats.transcript import Transcript, chat, in_order, name_of, said
from service.formats.utterance import Utterance

_ROLES: dict[str, Speaker] = {
    "AGENT": "agent",
    "SUPERVISOR": "agent",
    "CUSTOMER": "customer",
    "CUSTOM_BOT": "bot",
    "BOT": "bot",
    "SYSTEM": "system",
    "PROMPT": "system",
}
_REMEDY = "send the whole Contact Lens file, or the answer of the real-time API with its Segments"
_INTERACTIVE = "application/vnd.amazonaws.connect.message.interactive"


def recognises(document: Node) -> bool:
    """Whether this can be nothing else."""
    items = document.get("Transcript", "Segments").value
    first = items[0] if isinstance(items, list) and items else None
    return isinstance(first, dict) and bool(
        {"ParticipantId", "ParticipantRole", "BeginOffsetMillis", "AbsoluteTime", "Transcript", "Utterance"}
        & first.keys()
    )


def read(document: Node) -> Transcript:
    """Return the transcript. Raises InvalidInput, naming the place."""
    items = _items(document)
    known = {one.get("ParticipantId").label(): one for one in document.get("Participants").rows()}
    messages = [_utterance(item, known) for item in items if not _is_event(item)]
    language = language_of(document.get("LanguageCode"))
    if document.get("Channel").value == "CHAT" or any(_absolute(item).value for item in items):
        return chat(messages, language)
    return Transcript(in_order(messages), language, "call")


def _items(document: Node) -> list[Node]:
    segments = document.get("Segments")
    if segments.value is None:
        return document.get("Transcript").required_rows(_REMEDY)
    found = (segment.get("Transcript") for segment in segments.rows())
    return [one for one in found if isinstance(one.value, dict)]


def _is_event(item: Node) -> bool:
    return item.get("Type").value in ("EVENT", "ATTACHMENT") or item.get("Content").value is None


def _absolute(item: Node) -> Node:
    own = item.get("AbsoluteTime")
    return own if own.value is not None else item.get("Time").get("AbsoluteTime")


def _utterance(item: Node, known: dict[str | None, Node]) -> Utterance:
    who = item.get("ParticipantId")
    stated = item.get("ParticipantRole")
    if stated.value is None and (participant := known.get(who.label())) is not None:
        stated = participant.get("ParticipantRole")
    role = _ROLES.get((stated.label() or who.label() or "").upper())
    name = name_of(who if who.value is not None else item.get("ParticipantRole", "DisplayName"), role)
    if _absolute(item).value is not None:
        return said(name, _words(item), epoch_seconds(_absolute(item)), None, role)
    times = item if item.value.get("Time") is None else item.get("Time")
    start, end = times.get("BeginOffsetMillis"), times.get("EndOffsetMillis")
    return said(name, _words(item), start.seconds(1000), end.seconds(1000), role)


def _words(item: Node) -> str:
    """Return what is said; of a form with choices, which travels as JSON in the text, its title."""
    words = item.get("Content").text()
    if not str(item.get("ContentType").value).startswith(_INTERACTIVE):
        return words
    try:
        return Node(json.loads(words)).get("data").get("content").get("title").text() or words
    except (ValueError, RecursionError):
        return words
