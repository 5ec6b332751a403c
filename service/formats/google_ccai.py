"""Google's contact centre AI (CCAI Insights, Customer Engagement Suite): three shapes of one conversation.

* an Insights conversation, `{"transcript": {"transcriptSegments": [...]}}`, in camel or snake case;
* the file that is uploaded to Insights, `{"entries": [...]}`, with times in microseconds;
* the messages of an Agent Assist conversation, `{"messages": [{"participantRole": ...}]}`.
"""

from service.domain.transcript import Channel, Language, Speaker
from service.formats.json_node import Node
from service.formats.moments import as_date, epoch_seconds
from service.formats.spoken_languages import language_of
from service.formats.transcript import Transcript, chat, from_start, in_order, name_of, said
from service.formats.utterance import Utterance

_ROLES: dict[str, Speaker] = {
    "AGENT": "agent",
    "HUMAN_AGENT": "agent",
    "AUTOMATED_AGENT": "bot",
    "CUSTOMER": "customer",
    "END_USER": "customer",
}
_CHANNELS: dict[str, Channel] = {"PHONE_CALL": "call", "CHAT": "chat"}
_REMEDY = "send an Insights conversation with its transcript, or the upload file with its entries"


def recognises(document: Node) -> bool:
    """Whether this can be nothing else."""
    if isinstance(_segments(document).value, list):
        return True
    items = document.get("entries", "messages").value
    first = items[0] if isinstance(items, list) and items else None
    return isinstance(first, dict) and bool({"start_timestamp_usec", "participantRole"} & first.keys())


def read(document: Node) -> Transcript:
    """Return the transcript. Raises InvalidInput, naming the place."""
    segments, messages = _segments(document), document.get("messages")
    if segments.value is not None:
        return _insights(document, segments.rows())
    if messages.value is not None:
        rows = messages.rows()
        return chat([_message(one) for one in rows], _language(document, *rows))
    entries = document.get("entries").required_rows(_REMEDY)
    return Transcript(from_start(in_order(_entry(one) for one in entries)), _language(document))


def _segments(document: Node) -> Node:
    inner = document.get("transcript")
    holder = inner if isinstance(inner.value, dict) else document
    return holder.get("transcriptSegments", "transcript_segments")


def _language(document: Node, *rows: Node) -> Language | None:
    codes = (one.get("languageCode", "language_code") for one in (document, *rows))
    return language_of(*codes)


def _entry(entry: Node) -> Utterance:
    role = _role(entry.get("role"))
    name = entry.get("user_id" if role is None and entry.value.get("user_id") is not None else "role")
    microseconds = entry.get("start_timestamp_usec").number()
    start = None if microseconds is None else microseconds / 1e6
    return said(name_of(name, role), entry.get("text").text(), start, None, role)


def _role(node: Node) -> Speaker | None:
    return _ROLES.get((node.label() or "").upper())


def _message(message: Node) -> Utterance:
    stated = message.get("participantRole")
    role = _role(stated)
    at = epoch_seconds(message.get("sendTime", "createTime"))
    return said(name_of(stated, role), message.get("content").text(), at, None, role)


def _insights(document: Node, segments: list[Node]) -> Transcript:
    channel = _CHANNELS.get(str(document.get("medium").value))
    language = _language(document, *segments)
    started = epoch_seconds(document.get("startTime", "start_time"))
    started_at = None if started is None else as_date(started)
    by_tag = _by_tag(document.get("callMetadata", "call_metadata"))
    if any(_words(one).value for one in segments) or channel == "call":
        return Transcript(in_order(_segment(one, by_tag) for one in segments), language, "call", started_at)
    written = in_order(_written(one, by_tag) for one in segments)
    return Transcript(from_start(written), language, channel, started_at)


def _by_tag(metadata: Node) -> dict[str | None, Speaker]:
    """Return who is on which audio channel, where the conversation says it."""
    agent = metadata.get("agentChannel", "agent_channel").label()
    customer = metadata.get("customerChannel", "customer_channel").label()
    found: dict[str | None, Speaker] = {customer: "customer", agent: "agent"}
    return {} if agent == customer else {tag: role for tag, role in found.items() if tag is not None}


def _words(segment: Node) -> Node:
    return segment.get("words")


def _speaker(segment: Node, by_tag: dict[str | None, Speaker]) -> tuple[str, Speaker | None]:
    participant = segment.get("segmentParticipant", "segment_participant")
    stated, tag = participant.get("role"), segment.get("channelTag", "channel_tag").label()
    role = _role(stated) or by_tag.get(tag)
    if role is None and tag is not None:
        return f"channel {tag}", None
    return name_of(stated, role), role


def _segment(segment: Node, by_tag: dict[str | None, Speaker]) -> Utterance:
    name, role = _speaker(segment, by_tag)
    words = _words(segment).rows()
    start = words[0].get("startOffset", "start_offset").seconds() if words else None
    end = words[-1].get("endOffset", "end_offset").seconds() if words else None
    return said(name, segment.get("text").text(), start, end, role)


def _written(segment: Node, by_tag: dict[str | None, Speaker]) -> Utterance:
    name, role = _speaker(segment, by_tag)
    at = epoch_seconds(segment.get("messageTime", "message_time"))
    return said(name, segment.get("text").text(), at, None, role)
