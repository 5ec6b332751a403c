"""Errors about a transcript, without the names of people that they quote.

Such an error quotes names as readers of formats make them (`channel 0`, or what stood where a number is
expected), which need not be what was sent. So only what can be nobody's name stays.
"""

import re

from service.domain.echoes import HIDDEN, QUOTED, unquoted
from service.formats.registry import format_names
from service.formats.role_names import ROLES

_NUMBERED = re.compile(r"(?:channel|speaker|spk)[ _]?\d{1,3}|[a-z]|\d{1,3}", re.IGNORECASE | re.ASCII)
_OWN = {
    *ROLES,
    *format_names(),
    *("speakers", "content", "format", "agent: good morning"),
    *("sentences", "messages", "transcript", "segments", "utterances", "users", "comments", "…"),
}


def without_names(sentence: str) -> str:
    """Return the sentence with every quotation hidden but roles, numbered speakers and our own words."""
    return QUOTED.sub(lambda match: match[0] if _is_nobody(unquoted(match[0])) else HIDDEN, sentence)


def _is_nobody(words: str) -> bool:
    return _NUMBERED.fullmatch(words) is not None or words.casefold().rstrip(":") in _OWN
