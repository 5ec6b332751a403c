"""A chat completion as servers send it: read without trusting its shape."""

import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pydantic_core import from_json

from service.domain.base import storable
from service.grading.port import ChatAnswer, TokenChoice

# What servers call models. It is stored with the result, so it may not be a place to write just anything.
_MODEL_NAME = re.compile(r"(?!.*[0-9]{9})[\w.:/+-]{1,200}", re.ASCII)

# An answer is a few thousand tokens; what is longer than this is not worth the time of reading it.
_MOST_TOKENS = 50_000
_MOST_OTHERS = 20
_LONGEST_TOKEN = 4_000


class GarbledCompletion(Exception):
    """The body is not a chat completion at all."""


def read_completion(body: bytes, configured_model: str, payload_sha256: str) -> ChatAnswer:
    """Return the answer in `body`. No choices and no content are an empty answer, not an error.

    Without content, a JSON object that stands where a server puts thoughts, or the arguments of the only
    tool call, is the text: some servers file the answer there. It is read and checked like any other.

    Raises GarbledCompletion when `body` is not the JSON of a completion; its message holds nothing of the
    body.
    """
    completion = _parse(body)
    choice = _first(completion.get("choices"))
    message = _mapping(choice.get("message"))
    usage = _mapping(completion.get("usage"))
    finish_reason = _string(choice.get("finish_reason"))
    text = _text(message)
    return ChatAnswer(
        text=storable(text),
        model=_model(completion.get("model")) or configured_model,
        finish_reason=finish_reason,
        refusal=_refusal(message, finish_reason),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        cached_tokens=_count(_mapping(usage.get("prompt_tokens_details")).get("cached_tokens")) or 0,
        payload_sha256=payload_sha256,
        tokens=_tokens(_mapping(choice.get("logprobs")).get("content"), text),
    )


def _parse(body: bytes) -> dict[str, Any]:
    try:
        completion = from_json(body)
    except ValueError:
        raise GarbledCompletion("the server's answer is not JSON") from None
    if not isinstance(completion, dict) or not isinstance(completion.get("choices"), list):
        raise GarbledCompletion("the server's answer is not a chat completion")
    return completion


def _refusal(message: dict[str, Any], finish_reason: str) -> str | None:
    if finish_reason == "content_filter":
        return "content filter"
    return _string(message.get("refusal")) or None


def _text(message: dict[str, Any]) -> str:
    content = _content(message.get("content"))
    if content.strip():
        return content
    elsewhere = (message.get("reasoning_content"), message.get("reasoning"), _arguments(message))
    return next((text for text in elsewhere if isinstance(text, str) and _is_object(text)), content)


def _content(content: object) -> str:
    """Return the text; some servers send it in parts."""
    parts = content if isinstance(content, list) else [{"text": content}]
    texts = (_mapping(part).get("text") for part in parts)
    return "".join(text for text in texts if isinstance(text, str))


def _arguments(message: dict[str, Any]) -> object:
    """Return what the only tool call was given. No tool is offered; some gateways make one of the schema."""
    calls = message.get("tool_calls")
    if isinstance(calls, list) and len(calls) == 1:
        return _mapping(_mapping(calls[0]).get("function")).get("arguments")
    return None


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _tokens(entries: object, text: str) -> tuple[TokenChoice, ...]:
    """Return the choices that make up `text`; none when they do not."""
    if not isinstance(entries, list) or not text or len(entries) > _MOST_TOKENS:
        return ()
    try:
        return _aligned(list(_characters(entries)), text)
    except (ValueError, OverflowError):
        return ()


def _characters(entries: list[object]) -> Iterator[TokenChoice]:
    """Yield one choice for each token; tokens that share a character are one. Raises ValueError."""
    pending = b""
    logprob = 0.0
    for entry in map(_mapping, entries):
        alone = not pending
        pending += _bytes(entry)
        logprob += _logprob(entry)
        try:
            token = pending.decode()
        except UnicodeDecodeError:
            if len(pending) > _LONGEST_TOKEN:
                raise
            continue
        yield TokenChoice(token, logprob, tuple(_others(entry)) if alone else ())
        pending, logprob = b"", 0.0
    if pending:
        raise ValueError("the last character is incomplete")


def _bytes(entry: dict[str, Any]) -> bytes:
    """Return the bytes of a token: a token may be a part of a character, which its text cannot say."""
    given, token = entry.get("bytes"), entry.get("token")
    if isinstance(given, list) and all(type(each) is int for each in given):
        return bytes(given)
    if not isinstance(token, str):
        raise ValueError("a token has no text")
    return token.encode()


def _logprob(entry: dict[str, Any]) -> float:
    value = entry.get("logprob")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("a token has no probability")
    # Rounding makes a certain token a little more than certain.
    return min(float(value), 0.0)


def _others(entry: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the tokens that were possible, as their texts say: a part of a character may look odd here."""
    others = entry.get("top_logprobs")
    for other in others[:_MOST_OTHERS] if isinstance(others, list) else ():
        token = other.get("token") if isinstance(other, dict) else None
        if isinstance(token, str):
            with suppress(ValueError, OverflowError):
                yield storable(token), _logprob(other)


def _aligned(choices: list[TokenChoice], text: str) -> tuple[TokenChoice, ...]:
    """Return the choices whose texts joined are `text`: servers also list thoughts and end marks."""
    start = "".join(choice.text for choice in choices).rfind(text)
    kept: list[TokenChoice] = []
    at = 0
    for choice in choices:
        if start <= at < start + len(text):
            kept.append(choice._replace(text=storable(choice.text)))
        at += len(choice.text)
    return tuple(kept) if "".join(choice.text for choice in kept) == storable(text) else ()


def _string(value: object) -> str:
    return storable(value) if isinstance(value, str) else ""


def _model(value: object) -> str:
    name = _string(value)
    return name if _MODEL_NAME.fullmatch(name) else ""


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(value: object) -> dict[str, Any]:
    return _mapping(value[0]) if isinstance(value, list) and value else {}


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else None
