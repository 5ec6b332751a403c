"""Plain text: one turn per line that begins with a speaker, `Agent: Good morning`; other lines go on with it.

A line may begin with a time, `[00:01:12] Agent: ...`, or have it behind the name, `Agent (00:01:12): ...`.
Times count from the first one. `12:40` could be minutes or the time of day: it is read as minutes and seconds
when the first one begins with a zero hour, `00:07`, and is left out otherwise.
"""

import re
from collections.abc import Collection

from service.formats.prefixes import Prefix, prefixes_of
from service.formats.utterance import Utterance, check_count, lines_of

_CLOCK = r"(\d{1,3}):(\d{2})(?::(\d{2})(?:[.,](\d{1,3}))?)?"
_TIME_FIRST = re.compile(rf"[\[(]?{_CLOCK}[\])]?\s{{0,5}}(?:[-–—]\s{{0,5}})?(?=\S)")
_TIME_AFTER_NAME = re.compile(rf"([^:\[(\n]{{1,60}}?)\s{{0,3}}[\[(]{_CLOCK}[\])]\s{{0,3}}[:：]?\s{{0,5}}")
_Clock = tuple[str, str, str | None, str | None]


def read_text(content: str, given: Collection[str]) -> list[Utterance]:
    """Return the utterances of a plain text transcript; `given` are names known to be speakers."""
    lines = lines_of(content)
    stamped = [_split_time(line) for line in lines]
    prefixes = prefixes_of([line for line, _ in stamped], given)
    blocks = _blocks(lines, prefixes)
    starts = _seconds([stamped[first][1] for first, _ in blocks])
    found = []
    for (first, words), start in zip(blocks, starts, strict=True):
        prefix = prefixes[first]
        text = "\n".join(words).strip()
        if text:
            found.append(Utterance(first + 1, prefix.name if prefix else None, text, start))
    check_count(found)
    return found


def _split_time(line: str) -> tuple[str, _Clock | None]:
    """Return the line without its time, and the time."""
    if match := _TIME_FIRST.match(line):
        return line[match.end() :], (match[1], match[2], match[3], match[4])
    if match := _TIME_AFTER_NAME.match(line):
        return f"{match[1]}: {line[match.end() :]}", (match[2], match[3], match[4], match[5])
    return line, None


def _blocks(lines: list[str], prefixes: list[Prefix | None]) -> list[tuple[int, list[str]]]:
    """Return the position of each line that begins a turn, with all lines of that turn."""
    blocks: list[tuple[int, list[str]]] = []
    for position, (line, prefix) in enumerate(zip(lines, prefixes, strict=True)):
        if prefix is not None:
            blocks.append((position, [prefix.rest]))
        elif blocks:
            blocks[-1][1].append(line.strip())
        elif line.strip():
            blocks.append((position, [line.strip()]))
    return blocks


def _seconds(clocks: list[_Clock | None]) -> list[float | None]:
    """Return seconds since the first time; nothing at all when the times are ambiguous or run backwards."""
    given = [clock for clock in clocks if clock is not None]
    minutes = bool(given) and given[0][2] is None
    if minutes and given[0][0].strip("0"):
        return [None] * len(clocks)
    times = [None if clock is None else _from_zero(clock) for clock in clocks]
    known = [time for time in times if time is not None]
    if known != sorted(known):
        return [None] * len(clocks)
    return [None if time is None else round(time - known[0], 3) for time in times]


def _from_zero(clock: _Clock) -> float:
    first, second, third, fraction = clock
    if third is None:
        return int(first) * 60.0 + int(second)
    return int(first) * 3600.0 + int(second) * 60 + int(third) + float(f"0.{fraction or 0}")
