"""A chat completion as servers send it: read without trusting its shape."""

import json
import re
from typing import Any

from service.domain.base import storable
from service.grading.port import ChatAnswer

# What servers call models. It is stored with the result, so it may not be a place to write just anything.
_MODEL_NAME = re.compile(r"(?!.*[0-9]{9})[\w.:/+-]{1,200}", re.ASCII)


class GarbledCompletion(Exception):
    """The body is not a chat completion at all."""


def read_completion(body: bytes, configured_model: str, payload_sha256: str) -> ChatAnswer:
    """Return the answer in `body`. No choices and no content are an empty answer, not an error.

    Raises GarbledCompletion when `body` is not the JSON of a completion; its message holds nothing of the
    body.
    """
    completion = _parse(body)
    choice = _first(completion.get("choices"))
    message = _mapping(choice.get("message"))
    usage = _mapping(completion.get("usage"))
    finish_reason = _string(choice.get("finish_reason"))
    return ChatAnswer(
        text=_content(message.get("content")),
        model=_model(completion.get("model")) or configured_model,
        finish_reason=finish_reason,
        refusal=_refusal(message, finish_reason),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        cached_tokens=_count(_mapping(usage.get("prompt_tokens_details")).get("cached_tokens")) or 0,
        payload_sha256=payload_sha256,
    )


def _parse(body: bytes) -> dict[str, Any]:
    try:
        completion = json.loads(body)
    except (ValueError, RecursionError):
        raise GarbledCompletion("the server's answer is not JSON") from None
    if not isinstance(completion, dict) or not isinstance(completion.get("choices"), list):
        raise GarbledCompletion("the server's answer is not a chat completion")
    return completion


def _refusal(message: dict[str, Any], finish_reason: str) -> str | None:
    if finish_reason == "content_filter":
        return "content filter"
    return _string(message.get("refusal")) or None


def _content(content: object) -> str:
    """Return the text; some servers send it in parts."""
    if isinstance(content, list):
        return "".join(_string(_mapping(part).get("text")) for part in content)
    return _string(content)


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
