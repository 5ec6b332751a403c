"""Messages with roles, as other tools keep a conversation, as turns of ours.

| role | speaker |
|---|---|
| `user` | customer |
| `assistant` | agent |
| `system`, `developer`, `tool`, `function` | system |
| a name that transcripts use (`operator`, `клиент`, `客服`) | whom it names |
"""

from typing import Any, get_args

from service.domain.errors import FieldProblem, InvalidInput
from service.domain.transcript import Speaker
from service.formats.registry import parse, resolve
from service.formats.speakers import role_of
from service.formats.strict_json import load_json

_ROLES: dict[str, Speaker] = {
    "user": "customer",
    "assistant": "agent",
    "system": "system",
    "developer": "system",
    "tool": "system",
    "function": "system",
}
_SPEAKERS = get_args(Speaker)


def is_conversation(value: object) -> bool:
    """Whether `value` is a list of messages, or a mapping that has turns."""
    if isinstance(value, dict):
        return "turns" in value or {"format", "content"} <= value.keys()
    return isinstance(value, list) and bool(value) and all(_is_message(one) for one in value)


def read_conversation(value: object) -> dict[str, Any]:
    """Return a conversation with `turns` from messages, a transcript as text, or a conversation of ours.

    Raises InvalidInput with pointers relative to `value`.
    """
    if isinstance(value, dict):
        read = resolve(value)
        turns = read.get("turns")
        is_foreign = isinstance(turns, list) and any(isinstance(t, dict) and "role" in t for t in turns)
        return {**read, "turns": _below("/turns", turns)} if is_foreign else read
    if isinstance(value, str):
        return _from_text(value)
    return {"turns": read_messages(value)}


def read_messages(messages: object) -> list[dict[str, Any]]:
    """Return turns. Messages without words (a tool was called) are left out.

    Raises InvalidInput with pointers relative to the list.
    """
    if not isinstance(messages, list) or not messages:
        raise _wrong("", "this has to be a list of messages, and not an empty one")
    turns = [_turn(message, f"/{number}") for number, message in enumerate(messages)]
    return [turn for turn in turns if turn is not None]


def _below(pointer: str, messages: object) -> list[dict[str, Any]]:
    try:
        return read_messages(messages)
    except InvalidInput as error:
        problems = [FieldProblem(pointer + one.pointer, one.detail) for one in error.problems]
        raise InvalidInput(problems) from None


def _from_text(text: str) -> dict[str, Any]:
    if text.lstrip().startswith(("[", "{")):
        try:
            value = load_json(text)
        except InvalidInput:
            value = None
        if is_conversation(value):
            return read_conversation(value)
    try:
        return parse("text", text)
    except InvalidInput as error:
        # The text itself is what is wrong: it has no fields.
        raise InvalidInput([FieldProblem("", one.detail) for one in error.problems]) from None


def _is_message(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return ("role" in value and "content" in value) or "speaker" in value or _short_form(value) is not None


def _short_form(message: dict[str, Any]) -> tuple[str, Any] | None:
    """Return role and content of ``{user: Hello}``, or None."""
    if len(message) != 1:
        return None
    ((role, content),) = message.items()
    return (role, content) if role in _ROLES else None


def _turn(message: object, pointer: str) -> dict[str, Any] | None:
    if not isinstance(message, dict):
        raise _wrong(pointer, "a message is an object with role and content")
    if "speaker" in message:
        return message
    short = _short_form(message)
    role, content = short or (message.get("role"), message.get("content"))
    text = _text(content, pointer if short else f"{pointer}/content")
    return None if text is None else {"speaker": _speaker(role, f"{pointer}/role"), "text": text}


def _speaker(role: object, pointer: str) -> Speaker:
    if isinstance(role, str):
        name = role.strip().casefold()
        known = _ROLES.get(name) or (name if name in _SPEAKERS else role_of(role))
        if known:
            return known  # type: ignore[return-value]
    given = "it is missing" if role is None else f"{str(role)[:40]!r} is none"
    raise _wrong(pointer, f"this has to be a role such as user or assistant; {given}")


def _text(content: object, pointer: str) -> str | None:
    """Return the words of a message; None where it has none, because it calls a tool."""
    if content is None:
        return None
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(_part(part, f"{pointer}/{number}") for number, part in enumerate(content))
    raise _wrong(pointer, "content is text, or a list of parts with text")


def _part(part: object, pointer: str) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        return str(part["text"])
    raise _wrong(pointer, "only parts with text can be graded")


def _wrong(pointer: str, detail: str) -> InvalidInput:
    return InvalidInput([FieldProblem(pointer, detail)])
