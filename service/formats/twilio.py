"""Twilio: sentences of Conversational (Voice) Intelligence; messages of Conversations, Flex and Messaging.

Sentences name an audio channel, not a person. Who is on it is told by `participants` of the transcript
(`{"transcript": {...}, "sentences": [...]}`, or both in one object), else by the caller. Messages name an
author; `participants` beside them tell who is the customer (bound to an address), and so does an address.
"""

import re

from service.domain.transcript import Speaker
from service.formats.json_node import Node
from service.formats.moments import epoch_seconds
from service.formats.spoken_languages import language_of
from service.formats.transcript import Transcript, chat, in_order, name_of, said
from service.formats.utterance import Utterance

_ROLES: dict[str, Speaker] = {
    "agent": "agent",
    "human_agent": "agent",
    "supervisor": "agent",
    "customer": "customer",
    "ai_agent": "bot",
    "virtualagent": "bot",
    "system": "system",
}
_ADDRESS = re.compile(r"\+\d{5,20}$|(?:whatsapp|sms|messenger|rcs|googlechat):")
_REMEDY = 'send {"sentences": [...]} or {"messages": [...]}, as Twilio lists them'
Roles = dict[str | None, Speaker]


def recognises(document: Node) -> bool:
    """Whether this can be nothing else."""
    items = document.get("sentences", "messages", "communications").value
    first = items[0] if isinstance(items, list) and items else None
    if not isinstance(first, dict):
        return False
    sentence = {"transcript"} <= first.keys() and bool({"media_channel", "mediaChannel"} & first.keys())
    message = "body" in first and bool({"conversation_sid", "conversationSid", "account_sid"} & first.keys())
    return sentence or message or ("communications" in document.value and "author" in first)


def read(document: Node) -> Transcript:
    """Return the transcript. Raises InvalidInput, naming the place."""
    if document.get("messages").value is not None:
        roles = _bound(document.get("participants").rows())
        return chat([_message(one, roles) for one in document.get("messages").rows()])
    if document.get("communications").value is not None:
        return _communications(document)
    sentences = document.get("sentences").required_rows(_REMEDY)
    resource = document.get("transcript") if isinstance(document.get("transcript").value, dict) else document
    roles = _on_channels(resource)
    utterances = in_order(_sentence(one, roles) for one in sentences)
    return Transcript(utterances, language_of(resource.get("language_code", "languageCode")), "call")


def _on_channels(resource: Node) -> Roles:
    listed = resource.get("channel").get("participants")
    participants = (listed if listed.value is not None else resource.get("participants")).rows()
    return {
        one.get("channel_participant", "channelParticipant").label(): role
        for one in participants
        if (role := _role(one.get("role"))) is not None
    }


def _role(node: Node) -> Speaker | None:
    return _ROLES.get((node.label() or "").lower())


def _sentence(sentence: Node, roles: Roles) -> Utterance:
    channel = sentence.get("media_channel", "mediaChannel").label()
    start, end = sentence.get("start_time", "startTime"), sentence.get("end_time", "endTime")
    name = None if channel is None else f"channel {channel}"
    return said(name, sentence.get("transcript").text(), start.seconds(), end.seconds(), roles.get(channel))


def _bound(participants: list[Node]) -> Roles:
    """Return the role of each participant by its id and by what it is called as an author."""
    roles: Roles = {}
    for one in participants:
        binding = one.get("messaging_binding", "messagingBinding")
        bound: Speaker = "customer" if isinstance(binding.value, dict) and binding.value else "agent"
        role = _role(one.get("type", "role")) or bound
        names = (one.get("sid", "id"), one.get("identity"), binding.get("address"))
        roles.update({label: role for name in names if (label := name.label()) is not None})
    return roles


def _message(message: Node, roles: Roles) -> Utterance:
    author, sid = message.get("author", "from"), message.get("participant_sid", "participantSid")
    role = roles.get(sid.label()) or roles.get(author.label()) or _by_nature(message, author)
    sent = message.get("date_sent", "dateSent", "date_created", "dateCreated")
    return said(name_of(author, role), message.get("body").text(), epoch_seconds(sent), None, role)


def _by_nature(message: Node, author: Node) -> Speaker | None:
    direction = message.get("direction").value
    if isinstance(direction, str):
        return "customer" if direction == "inbound" else "agent"
    return "customer" if _ADDRESS.match(author.label() or "") else None


def _communications(document: Node) -> Transcript:
    """Read what Conversation Orchestrator lists: messages and utterances by participants with a type."""
    roles = _bound(document.get("participants").rows())
    found = []
    for one in document.get("communications").rows():
        author, content = one.get("author"), one.get("content")
        who = author.get("participantId", "address")
        role = roles.get(who.label()) or roles.get(author.get("address").label())
        words = content.get("text", "transcription").text()
        at = epoch_seconds(one.get("occurredAt", "createdAt"))
        found.append(said(name_of(who, role), words, at, None, role))
    heard = any(
        one.get("author").get("channel").value == "VOICE" for one in document.get("communications").rows()
    )
    transcript = chat(found)
    return Transcript(transcript.utterances, None, "call" if heard else "chat", transcript.started_at)
