"""Conversation text as the model sees it: numbered lines between fences that the text cannot close.

The code in a fence is taken from the digest of all the text behind fences. It is the same whenever the same
conversation is graded, so that requests can be recorded and replayed; and nobody can write it into a
conversation in advance, because the text would have to contain a part of its own digest.
"""

import hashlib
import json

from service.domain.transcript import ContextText, RedactedConversation

CODE_LENGTH = 16
MARK_LENGTH = 2
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def fence_code(conversation: RedactedConversation) -> str:
    """Return 16 hexadecimal digits of the SHA-256 of the turns and the reference texts."""
    fenced = [
        [[turn.speaker, turn.text] for turn in conversation.turns],
        [[text.title, text.text] for text in conversation.context],
    ]
    canonical = json.dumps(fenced, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:CODE_LENGTH]


def one_line(text: str) -> str:
    """Return `text` with every run of white space, line breaks of all kinds included, as one space."""
    return " ".join(text.split())


def turn_line(number: int, speaker: str, text: str, code: str, pause_s: float | None = None) -> str:
    """Return a turn as one line, ``12 hp agent: text``: its number, the mark, who spoke and what. After a
    pause it is ``12 hp agent after 53 s: text``.

    No turn can hold a line break, so none can forge a line; and none can forge the beginning of a line in the
    middle of its own, because nobody knows the code beforehand.
    """
    pause = "" if pause_s is None else f" after {pause_s:.0f} s"
    return f"{number} {mark_of(code)} {speaker}{pause}: {one_line(text)}"


def mark_of(code: str) -> str:
    """Return two letters from ``a`` to ``p`` for the first two digits of a code: one token for a model."""
    return code[:MARK_LENGTH].translate(_LETTERS)


def reference_lines(text: ContextText) -> list[str]:
    """Return the lines of a reference text, each behind a bar, so that none looks like a turn or a fence."""
    return [f"| {one_line(line)}" for line in (text.title, *text.text.splitlines()) if line.strip()]
