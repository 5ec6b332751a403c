"""The formats by name, and the one place where a conversation in another format becomes one with turns."""

import json
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any

from service.domain.errors import FieldProblem, InvalidInput
from service.domain.transcript import Speaker
from service.formats.json_formats import JSON_FORMATS, read_json, recognise
from service.formats.speakers import read_speakers, to_turns
from service.formats.srt import read_srt
from service.formats.text import read_text
from service.formats.transcript import Transcript
from service.formats.utterance import Utterance, bad_content
from service.formats.webvtt import read_webvtt

FORMATS: dict[str, Callable[[str, Collection[str]], list[Utterance]]] = {
    "webvtt": read_webvtt,
    "srt": read_srt,
    "text": read_text,
}
"""Reader of each format that is text, by the name that a request uses."""

AUTO = "auto"
"""Whatever the content is; only where that is certain."""

MAX_LINES = 60_000
"""Captions have about four lines a turn; more lines than this are more turns than a conversation may have."""

_OWN_KEYS = {"format", "content", "speakers"}
_TOLD = ("language", "channel", "started_at")


def format_names() -> list[str]:
    """Return every format that may be named."""
    return [*FORMATS, *JSON_FORMATS, AUTO]


def parse(
    format: str,  # noqa: A002 - the word that requests use
    content: str | dict[str, Any],
    *,
    speakers: Mapping[str, Speaker] | None = None,
    agent_name: str | None = None,
) -> dict[str, Any]:
    """Return ``{"turns": [...]}``, ready for `Conversation.model_validate`, from an untrusted transcript.

    With `language`, `channel` and `started_at` where the format tells them. `speakers` maps names that occur
    in it to roles; `agent_name` is the agent's. Raises InvalidInput, naming the line or the place in the JSON
    and what to do, for an unknown format, a malformed transcript or speakers that cannot be told.
    """
    name = _recognised(content) if format == AUTO else format
    if name in JSON_FORMATS:
        transcript = read_json(name, content)
    else:
        transcript = Transcript(_read_text(name, content, _given(speakers, agent_name)))
    told = {key: value for key in _TOLD if (value := getattr(transcript, key)) is not None}
    return {**told, "turns": to_turns(transcript.utterances, speakers or {}, agent_name)}


def _given(speakers: Mapping[str, Speaker] | None, agent_name: str | None) -> set[str]:
    return {name.casefold() for name in speakers or {}} | ({agent_name.casefold()} if agent_name else set())


def _read_text(name: str, content: str | dict[str, Any], given: Collection[str]) -> list[Utterance]:
    reader = FORMATS.get(name)
    if reader is None:
        raise InvalidInput([FieldProblem("/format", _unknown_format(name))])
    if not isinstance(content, str):
        raise bad_content(f"this has to be text, because the format is {name!r}")
    if content.count("\n") > MAX_LINES:
        raise InvalidInput([FieldProblem("/content", f"the transcript is longer than {MAX_LINES:,} lines")])
    return reader(content, given)


def _recognised(content: str | dict[str, Any]) -> str:
    """Return the format that the content is in. Raises InvalidInput when that is not certain."""
    if isinstance(content, str) and not content.removeprefix("\ufeff").lstrip().startswith("{"):
        return sniff(content)
    name = recognise(_loaded(content) if isinstance(content, str) else content)
    if name is None:
        raise InvalidInput([FieldProblem("/format", f"{_NOT_CERTAIN}: {', '.join(JSON_FORMATS)}")])
    return name


_NOT_CERTAIN = "the content tells no format for certain; name one of"


def _loaded(content: str) -> Any:
    try:
        return json.loads(content.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None


def sniff(content: str) -> str:
    """Return the format of a transcript that is text by its first lines."""
    if content.removeprefix("\ufeff").lstrip().startswith("WEBVTT"):
        return "webvtt"
    first = [line for line in content[:4000].splitlines() if line.strip()][:2]
    return "srt" if any("-->" in line for line in first) else "text"


def resolve(data: dict[str, Any]) -> dict[str, Any]:
    """Return a conversation that has `turns`: `data` itself when it has, else with its `content` parsed.

    `content` stands beside `format` and, where names do not tell, `speakers` (name to role). All other keys
    are kept and win over what the format tells. Raises InvalidInput; pointers are relative to `data`.
    """
    has_content = not data.keys().isdisjoint(("format", "content"))
    if "turns" in data and not data["turns"] and has_content:
        raise InvalidInput([FieldProblem("/turns", "give either turns, or format and content, but not both")])
    if "turns" in data or not has_content:
        _refuse_bare(data)
        return data
    content, name = data.get("content"), _text(data, "format")
    if not isinstance(content, dict):
        content = _text(data, "content")
    agent = data.get("agent")
    agent_name = agent.get("name") if isinstance(agent, dict) else None
    known = agent_name if isinstance(agent_name, str) else None
    parsed = parse(name, content, speakers=read_speakers(data.get("speakers")), agent_name=known)
    given = {key: value for key, value in data.items() if key not in _OWN_KEYS and value is not None}
    return {**parsed, **given, "turns": parsed["turns"]}


def _refuse_bare(data: dict[str, Any]) -> None:
    """Say what is missing when somebody sends another system's JSON as if it were a conversation."""
    name = None if "turns" in data else recognise(data)
    if name is not None:
        remedy = f'send {{"format": "{name}", "content": …}} with it as the content'
        raise InvalidInput(
            [FieldProblem("", f"this is no conversation but a transcript of {name}; {remedy}")]
        )


def _text(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str):
        other = "content" if key == "format" else "format"
        kind = "text" if key == "format" else "text, or a JSON object,"
        raise InvalidInput(
            [FieldProblem(f"/{key}", f"this has to be {kind} beside {other!r}, or give turns")]
        )
    return value


def _unknown_format(given: str) -> str:
    close = get_close_matches(given[:40].casefold(), format_names(), n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{given[:40]!r} is no format; {hint}formats are: {', '.join(format_names())}"
