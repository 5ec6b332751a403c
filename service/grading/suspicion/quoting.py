"""Which words of a suspicious turn a person is shown."""

import re

MAX_QUOTE = 300
"""Code points that are quoted of a text at most."""

_REACH = 80
_END = re.compile(r"[.!?。！？\n]")


def quote_around(text: str, start: int, end: int) -> str:
    """Return the words from `start` to `end` as they stand, with the rest of their sentence if it is near."""
    before = text[max(0, start - _REACH) : start]
    ends = [match.end() for match in _END.finditer(before)]
    start -= len(before) - ends[-1] if ends else len(before)
    after = _END.search(text, end, end + _REACH)
    end = after.end() if after else min(len(text), end + _REACH)
    return text[start:end].strip()[:MAX_QUOTE]
