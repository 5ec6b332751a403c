"""Genesys Cloud: the transcript that speech and text analytics keeps of each communication.

Phrases are `internal` (the agent) or `external` (the customer); `startTimeMs` counts from 1970 or from the
start. `decoratedText` has the capitals and full stops that `text` lacks: it is read where every phrase has
it, else `text` is, so that a conversation does not change its spelling half-way.
"""

from service.domain.transcript import Channel, Speaker
from service.formats.json_node import Node
from service.formats.moments import as_date, in_epoch
from service.formats.spoken_languages import language_of
from service.formats.transcript import Transcript, from_start, in_order, name_of, said
from service.formats.utterance import Utterance

_ROLES: dict[str, Speaker] = {
    "internal": "agent",
    "agent": "agent",
    "user": "agent",
    "external": "customer",
    "customer": "customer",
    "bot": "bot",
    "botflow": "bot",
    "virtualagent": "bot",
    "ivr": "bot",
    "acd": "system",
    "workflow": "system",
    "system": "system",
}
_CHANNELS: dict[str, Channel] = {"voice": "call", "call": "call", "chat": "chat", "message": "chat"}
_REMEDY = "send what the transcript URL of the communication gives"
_SINCE_1970 = 1e11
"""A count of milliseconds from which on it does not count from the start of a conversation."""


def recognises(document: Node) -> bool:
    """Whether this can be nothing else."""
    items = document.get("transcripts").value
    first = items[0] if isinstance(items, list) and items else None
    return isinstance(first, dict) and "phrases" in first


def read(document: Node) -> Transcript:
    """Return the transcript. Raises InvalidInput, naming the place."""
    transcripts = document.get("transcripts").required_rows(_REMEDY)
    phrases = [phrase for one in transcripts for phrase in one.get("phrases").rows()]
    fields = ("decoratedText", "text") if all(map(_is_decorated, phrases)) else ("text", "decoratedText")
    utterances = in_order(_utterance(phrase, fields) for phrase in phrases)
    begun = in_epoch(document.get("conversationStartTime", "startTime"))
    if any((each.start_s or 0.0) >= _SINCE_1970 / 1000 for each in utterances):
        utterances = from_start(utterances, begun)
    return Transcript(
        utterances,
        language_of(*(one.get("language") for one in transcripts)),
        _CHANNELS.get(str(document.get("mediaType").value).lower()),
        None if begun is None or begun < _SINCE_1970 / 1000 else as_date(begun),
    )


def _is_decorated(phrase: Node) -> bool:
    return bool(phrase.get("decoratedText").text()) or not phrase.get("text").text()


def _said(phrase: Node, fields: tuple[str, str]) -> str:
    """Return what the first of these fields holds that is not empty."""
    return phrase.get(fields[0]).text() or phrase.get(fields[1]).text()


def _utterance(phrase: Node, fields: tuple[str, str]) -> Utterance:
    purpose = phrase.get("participantPurpose")
    role = _ROLES.get((purpose.label() or "").lower())
    start = _milliseconds(phrase.get("startTimeMs"), phrase.get("offset").get("milliseconds"))
    length = _milliseconds(phrase.get("duration").get("milliseconds"))
    end = None if start is None or length is None else round(start + length, 3)
    return said(name_of(purpose, role), _said(phrase, fields), start, end, role)


def _milliseconds(*nodes: Node) -> float | None:
    """Return the first that is there in seconds; from the start of whatever it counts from."""
    for node in nodes:
        if node.value is not None:
            return in_epoch(node) if (node.number() or 0.0) >= _SINCE_1970 else node.seconds(1000)
    return None
