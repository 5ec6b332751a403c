"""The formats by name, and the one place where a conversation given as text becomes one with turns."""

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any

from service.domain.errors import FieldProblem, InvalidInput
from service.domain.transcript import Speaker
from service.formats.speakers import read_speakers, to_turns
from service.formats.srt import read_srt
from service.formats.text import read_text
from service.formats.utterance import Utterance
from service.formats.webvtt import read_webvtt

FORMATS: dict[str, Callable[[str, Collection[str]], list[Utterance]]] = {
    "webvtt": read_webvtt,
    "srt": read_srt,
    "text": read_text,
}
"""Reader by the name that a request uses; a further format is one more file and one more line here."""

MAX_LINES = 60_000
"""Captions have about four lines a turn; more lines than this are more turns than a conversation may have."""

_OWN_KEYS = {"format", "content", "speakers"}


def parse(
    format: str,  # noqa: A002 - the word that requests use
    content: str,
    *,
    speakers: Mapping[str, Speaker] | None = None,
    agent_name: str | None = None,
) -> dict[str, Any]:
    """Return ``{"turns": [...]}``, ready for `Conversation.model_validate`, from an untrusted transcript.

    `speakers` maps names that occur in it to roles; `agent_name` is the agent's. Raises InvalidInput, naming
    the line and what to do, for an unknown format, a malformed transcript or speakers that cannot be told.
    """
    reader = FORMATS.get(format)
    if reader is None:
        raise InvalidInput([FieldProblem("/format", _unknown_format(format))])
    if content.count("\n") > MAX_LINES:
        raise InvalidInput([FieldProblem("/content", f"the transcript is longer than {MAX_LINES:,} lines")])
    given = {name.casefold() for name in speakers or {}} | ({agent_name.casefold()} if agent_name else set())
    return {"turns": to_turns(reader(content, given), speakers or {}, agent_name)}


def resolve(data: dict[str, Any]) -> dict[str, Any]:
    """Return a conversation that has `turns`: `data` itself when it has, else with its `content` parsed.

    `content` stands beside `format` and, where names do not tell, `speakers` (name to role). All other keys
    are kept. Raises InvalidInput; pointers are relative to `data`.
    """
    if "turns" in data or not {"format", "content"} & data.keys():
        return data
    name, content = _text(data, "format"), _text(data, "content")
    agent = data.get("agent")
    agent_name = agent.get("name") if isinstance(agent, dict) else None
    known = agent_name if isinstance(agent_name, str) else None
    parsed = parse(name, content, speakers=read_speakers(data.get("speakers")), agent_name=known)
    return {key: value for key, value in data.items() if key not in _OWN_KEYS} | parsed


def _text(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str):
        other = "content" if key == "format" else "format"
        raise InvalidInput([FieldProblem(f"/{key}", f"this has to be text beside {other!r}, or give turns")])
    return value


def _unknown_format(given: str) -> str:
    close = get_close_matches(given[:40].casefold(), FORMATS, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{given[:40]!r} is no format; {hint}formats are: {', '.join(FORMATS)}"
