"""Zendesk: comments of a ticket, its conversation log, messages of Messaging, the history of a Zendesk Chat.

Comments name an author by number: `users` (side-loaded) or the ticket's `requester_id` tell who that is.
Internal notes are left out: the customer never saw them.
"""

import html
import re
from collections.abc import Callable

from service.domain.transcript import Speaker
from service.formats.json_node import Node
from service.formats.moments import epoch_seconds
from service.formats.transcript import Transcript, chat, name_of, said
from service.formats.utterance import Utterance

_ROLES: dict[str, Speaker] = {
    "agent": "agent",
    "admin": "agent",
    "business": "agent",
    "end-user": "customer",
    "end_user": "customer",
    "user": "customer",
    "visitor": "customer",
    "bot": "bot",
    "answerbot": "bot",
    "trigger": "bot",
    "system": "system",
}
_BREAK = re.compile(r"<(?:br|/p|/div|/li|/h[1-6])\b[^<>]{0,200}>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>")
_BLANKS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_REMEDY = "send the ticket's comments, its conversation log (events) or the messages of the conversation"


def recognises(document: Node) -> bool:
    """Whether this can be nothing else."""
    items = document.get("comments", "events", "messages", "history").value
    first = items[0] if isinstance(items, list) and items else None
    if not isinstance(first, dict):
        return False
    logged = isinstance(first.get("author"), dict) and isinstance(first.get("content"), dict)
    return "author_id" in first or (logged and "communications" not in document.value) or "msg" in first


def read(document: Node) -> Transcript:
    """Return the transcript. Raises InvalidInput, naming the place."""
    for key, reader in _SHAPES.items():
        rows = document.get(key)
        if rows.value is not None:
            found = (reader(one) for one in rows.rows() if _shown(one))
            return chat(each for each in found if each is not None)
    return _comments(document)


def _comments(document: Node) -> Transcript:
    rows = document.get("comments").required_rows(_REMEDY)
    roles = _people(document)
    public = [one for one in rows if _shown(one)]
    found = chat(_comment(one, roles) for one in public)
    heard = any(one.get("type").value in ("VoiceComment", "TpeVoiceComment") for one in public)
    return Transcript(found.utterances, None, "call" if heard else "chat", found.started_at)


def _shown(row: Node) -> bool:
    return row.get("public").value is not False and row.get("metadata").get("public").value is not False


def _people(document: Node) -> dict[str | None, Speaker]:
    """Return the role of each author, by number."""
    ticket = document.get("ticket") if isinstance(document.get("ticket").value, dict) else document
    roles: dict[str | None, Speaker] = {
        ticket.get("assignee_id").label(): "agent",
        ticket.get("requester_id").label(): "customer",
    }
    for user in document.get("users").rows():
        role = _role(user.get("role"))
        if role is not None:
            roles[user.get("id").label()] = role
    return {number: role for number, role in roles.items() if number is not None}


def _role(node: Node) -> Speaker | None:
    return _ROLES.get((node.label() or "").lower())


def _comment(comment: Node, roles: dict[str | None, Speaker]) -> Utterance:
    author = comment.get("author_id")
    role = roles.get(author.label())
    plain = comment.get("plain_body", "body").text()
    # `&nbsp;` is about all the markup that is left in a plain body.
    words = html.unescape(plain) if plain else _without_markup(comment.get("html_body").text())
    at = epoch_seconds(comment.get("created_at"))
    return said(name_of(author, role), words, at, None, role)


def _event(event: Node) -> Utterance | None:
    author, content = event.get("author"), event.get("content")
    role = _role(author.get("type"))
    name = author.get("display_name", "zen:support:user_id", "zen:sunco:user_id")
    words = content.get("text", "body").text()
    if content.get("type").value == "html":
        words = _without_markup(words)
    return said(name_of(name, role), words, epoch_seconds(event.get("created_at")), None, role)


def _message(message: Node) -> Utterance | None:
    author, content = message.get("author"), message.get("content")
    subtypes = author.get("subtypes").value
    machine = isinstance(subtypes, list) and "AI" in subtypes
    role: Speaker | None = "bot" if machine else _role(author.get("type"))
    name = author.get("userId", "displayName") if role is None else author.get("displayName")
    at = epoch_seconds(message.get("received", "created_at"))
    return said(name_of(name, role), content.get("text").text(), at, None, role)


def _in_history(entry: Node) -> Utterance | None:
    if entry.get("type").value not in ("chat.msg", "ChatMessage", None):
        return None
    role = _role(entry.get("sender_type", "actor_type"))
    name = entry.get("name", "actor_name", "actor_id")
    at = epoch_seconds(entry.get("timestamp"))
    return said(name_of(name, role), entry.get("msg", "message").text(), at, None, role)


def _without_markup(text: str) -> str:
    lines = html.unescape(_TAG.sub("", _BREAK.sub("\n", text)))
    return _BLANKS.sub("\n", lines).strip()


_SHAPES: dict[str, Callable[[Node], Utterance | None]] = {
    "events": _event,
    "messages": _message,
    "history": _in_history,
}
