"""Languages as transcription services name them: `en-US`, `en_us`, `cmn-Hans-CN`, `english`."""

from service.domain.transcript import Language
from service.formats.json_node import Node

_NAMES: dict[str, Language] = {
    "en": "en",
    "eng": "en",
    "english": "en",
    "ru": "ru",
    "rus": "ru",
    "russian": "ru",
    "zh": "zh",
    "zho": "zh",
    "cmn": "zh",
    "chinese": "zh",
    "mandarin": "zh",
}


def language_of(*nodes: Node) -> Language | None:
    """Return the first of these that names a language of ours; others are left to be detected."""
    for node in nodes:
        if isinstance(node.value, str):
            known = _NAMES.get(node.value.strip().replace("_", "-").split("-")[0].lower())
            if known is not None:
                return known
    return None
