"""What every format is read into, before it is known who is the agent, and the errors on the way."""

import re
from dataclasses import dataclass

from service.domain.errors import FieldProblem, InvalidInput
from service.domain.transcript import MAX_TURNS, Speaker

MAX_CONTENT = 4_000_000
"""Characters of one transcript; the conversation in it may hold fewer."""

MAX_LINES = 200_000

_CJK_END = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]$")
_CJK_START = re.compile("^[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")


@dataclass(frozen=True)
class Utterance:
    """Words under the name of their speaker. `name` is None where the transcript names nobody; `line` counts
    from 1 and is None where there are no lines; times are seconds; `role` is what the transcript itself says
    of who `name` is.
    """

    line: int | None
    name: str | None
    text: str
    start_s: float | None = None
    end_s: float | None = None
    role: Speaker | None = None


def bad_content(detail: str, line: int | None = None) -> InvalidInput:
    """Return the error that says what is wrong with `content`, and in which line, but not what stands there:
    errors reach logs, and nothing of a transcript was redacted yet.
    """
    where = "" if line is None else f"line {line}: "
    return InvalidInput([FieldProblem("/content", where + detail)])


def lines_of(content: str) -> list[str]:
    """Return the lines of a transcript, whatever ends them. Raises InvalidInput when it is too long."""
    if len(content) > MAX_CONTENT:
        raise bad_content(f"the transcript is longer than {MAX_CONTENT:,} characters; split it")
    lines = content.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > MAX_LINES:
        raise bad_content(f"the transcript has more than {MAX_LINES:,} lines; split it", MAX_LINES + 1)
    return lines


def check_count(utterances: list[Utterance]) -> None:
    """Raise InvalidInput when there are more utterances than a conversation may have turns."""
    if len(utterances) > MAX_TURNS:
        detail = f"the transcript has more than {MAX_TURNS:,} turns; split it"
        raise bad_content(detail, utterances[MAX_TURNS].line)


def unwrap(lines: list[str]) -> str:
    """Join the lines that a caption was broken into: with a space, and without one inside Chinese."""
    text = ""
    for line in filter(None, (line.strip() for line in lines)):
        glue = "" if not text or (_CJK_END.search(text[-1]) and _CJK_START.search(line)) else " "
        text += glue + line
    return text
