"""What a model takes for instructions when it reads a prompt as it was told to: text outside fences, and
lines between them that do not look like turns.
"""

import re
from collections.abc import Iterator

from service.grading.fence import mark_of

_FENCE = re.compile(r"=== ([a-z ]+) ([0-9a-f]{16}) (begins|ends) ===")
_MARKED = re.compile(r"\d+ ([a-p]{2}) \w+(?: after \d+ s)?: ")
_SPOKEN = re.compile(r"(?:agent|customer|bot): ")
_CONVERSATION = "# Conversation"


def instructions(prompt: str) -> str:
    """Return the lines of `prompt` that are no material. The first fence tells the code; others are none.

    Without fences all is instruction. Between them, where the first turn has a mark, a line without the right
    mark is taken for an instruction too; where it has none, one that names no speaker: it cannot be told from
    a line of the prompt.
    """
    return "\n".join(_outside(prompt))


def conversation_part(prompt: str) -> str:
    """Return the prompt from the conversation on: what a forged line would have to imitate."""
    return prompt[prompt.rfind(_CONVERSATION) :] if _CONVERSATION in prompt else prompt


def _outside(prompt: str) -> Iterator[str]:
    code = next((match.group(2) for match in _FENCE.finditer(prompt)), "")
    inside, marked = "", False
    for line in prompt.split("\n"):
        fence = _FENCE.fullmatch(line)
        if fence and fence.group(2) == code:
            inside = fence.group(1) if fence.group(3) == "begins" else ""
            marked = False
        elif not inside:
            yield line
        elif inside == "transcript":
            marked = marked or _is_marked(line, code)
            if not (_is_marked(line, code) if marked else _SPOKEN.match(line)):
                yield line


def _is_marked(line: str, code: str) -> bool:
    match = _MARKED.match(line)
    return match is not None and match.group(1) == mark_of(code)
