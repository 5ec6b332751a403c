"""The formats that are JSON, and which of them a document is when nobody says."""

from collections.abc import Callable
from typing import Any, NamedTuple

from service.domain.errors import InvalidInput
from service.formats import (
    amazon_connect,
    assemblyai,
    deepgram,
    genesys,
    google_ccai,
    twilio,
    whisper,
    zendesk,
)
from service.formats.json_node import Node
from service.formats.strict_json import load_json
from service.formats.transcript import Transcript
from service.formats.utterance import bad_content

MAX_TEXT = 64_000_000
"""Characters of a transcript as JSON text; with a time for every word an hour takes about four million."""


class JsonFormat(NamedTuple):
    """How one format is told from the others, and read."""

    recognises: Callable[[Node], bool]
    read: Callable[[Node], Transcript]


JSON_FORMATS: dict[str, JsonFormat] = {
    name: JsonFormat(module.recognises, module.read)
    for name, module in {
        "amazon-connect": amazon_connect,
        "google-ccai": google_ccai,
        "genesys": genesys,
        "twilio": twilio,
        "zendesk": zendesk,
        "assemblyai": assemblyai,
        "deepgram": deepgram,
        "whisper": whisper,
    }.items()
}
"""By the name that a request uses; a further format is one more file and one more line here."""


def read_json(name: str, content: str | dict[str, Any]) -> Transcript:
    """Return the transcript in a document of this format: an object, or its text. Raises InvalidInput."""
    document = Node(_document(content))
    if not isinstance(document.value, dict):
        raise bad_content(f"a transcript of {name} has to be a JSON object")
    return JSON_FORMATS[name].read(document)


def recognise(document: object) -> str | None:
    """Return the only format that a JSON value can be, or None where none or several could be meant."""
    if not isinstance(document, dict):
        return None
    fitting = [name for name, each in JSON_FORMATS.items() if each.recognises(Node(document))]
    return fitting[0] if len(fitting) == 1 else None


def _document(content: str | dict[str, Any]) -> Any:
    if not isinstance(content, str):
        return content
    if len(content) > MAX_TEXT:
        raise bad_content(f"the transcript is longer than {MAX_TEXT:,} characters; split it")
    try:
        return load_json(content)
    except InvalidInput as error:
        raise bad_content(error.detail) from None
