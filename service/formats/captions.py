"""What WebVTT and SubRip share: blocks of lines, a timing line, and captions that name their speaker."""

import html
import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from service.formats.prefixes import prefixes_of
from service.formats.utterance import Utterance, bad_content, check_count, unwrap

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?$")
_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,100})?\s{1,5}([^<>]{1,200})>", re.IGNORECASE)
# Only what captions use: `<PERSON_1>` and "a < b" are words.
_TAG = re.compile(
    r"</?(?:c|i|b|u|v|ruby|rt|lang|font)\b[^<>]{0,200}>|<\d{1,4}:[\d:.]{1,20}>|\{\\[^{}]{0,50}\}",
    re.IGNORECASE,
)


class Cue(NamedTuple):
    """One caption: the number of its first line of text (from 1), its times in seconds, its lines."""

    line: int
    start_s: float
    end_s: float
    lines: list[str]


def blocks_of(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield every run of non-blank lines with the number of its first line, counted from 1."""
    block: list[str] = []
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def read_cue(first_line: int, block: list[str]) -> Cue:
    """Return the cue in a block whose timing stands on its first or second line. Raises InvalidInput."""
    at = next((position for position, line in enumerate(block[:2]) if "-->" in line), None)
    if at is None:
        remedy = "put 00:00:01.000 --> 00:00:02.000 above the words and leave no blank line within a cue"
        raise bad_content(f"this is no cue; {remedy}", first_line)
    match = _TIMING.match(block[at])
    if match is None:
        detail = "this is no timing; write 00:00:01.000 --> 00:00:02.000"
        raise bad_content(detail, first_line + at)
    start, end = _seconds(match.group(1, 2, 3, 4)), _seconds(match.group(5, 6, 7, 8))
    if end < start:
        raise bad_content("the cue ends before it starts; correct its times", first_line + at)
    return Cue(first_line + at + 1, start, end, block[at + 1 :])


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return round(whole + float(f"0.{fraction}"), 3)


def to_utterances(cues: list[Cue], given: Collection[str]) -> list[Utterance]:
    """Return one utterance per cue, or several where a cue holds several voices.

    A voice is named by a `<v Name>` tag or, in cues without one, by `Name:` at the start of a line.
    """
    voiced = [piece for cue in cues for piece in _by_voice(cue)]
    prefixes = iter(prefixes_of([line for name, _, lines in voiced if name is None for line in lines], given))
    found = []
    for name, cue, lines in voiced:
        if name is not None:
            found.append(_utterance(cue, name, lines))
            continue
        current: str | None = None
        gathered: list[str] = []
        for line in lines:
            prefix = next(prefixes)
            if prefix is None:
                gathered.append(line)
                continue
            found.append(_utterance(cue, current, gathered))
            current, gathered = prefix.name, [prefix.rest]
        found.append(_utterance(cue, current, gathered))
    found = [each for each in found if each.text]
    check_count(found)
    return found


def _utterance(cue: Cue, name: str | None, lines: list[str]) -> Utterance:
    return Utterance(cue.line, name, unwrap(lines), cue.start_s, cue.end_s)


def _by_voice(cue: Cue) -> Iterator[tuple[str | None, Cue, list[str]]]:
    """Yield ``(voice or None, cue, plain lines)`` for each piece of a cue."""
    parts = _VOICE.split("\n".join(cue.lines))
    for position in range(0, len(parts), 2):
        name = html.unescape(parts[position - 1]).strip() if position else None
        lines = [html.unescape(_TAG.sub("", line)) for line in parts[position].split("\n")]
        if any(line.strip() for line in lines):
            yield name, cue, lines
