"""`Name: words` at the start of a line: which prefixes name a speaker and which only look like it."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from service.formats.role_names import FIELDS
from service.formats.speakers import role_of

_PREFIX = re.compile(r"(?!\s)(?:[-–—]\s{1,3})?([^:：\n]{1,60}?)\s{0,3}[:：](?!//)\s{0,5}")
_NAME = re.compile(
    r"(?:[A-ZА-ЯЁ][\w.'’-]*(?:\s+(?:[A-ZА-ЯЁ][\w.'’-]*|\d{1,3}|\([^()]{1,30}\))){0,3}"
    r"|(?:speaker|spk|spkr)[\s_#-]*\w{1,3}|[\u3400-\u9fff·]{2,6}\d{0,4})$"
)


class Prefix(NamedTuple):
    """A speaker, and the rest of the line."""

    name: str
    rest: str


def prefixes_of(lines: Sequence[str], given: Collection[str]) -> list[Prefix | None]:
    """Return the speaker at the start of each line, or None where the line goes on with what is being said.

    A prefix that is neither a known role nor one of `given` (case folded) counts when it looks like a name.
    Where an agent and a customer are named already, it has to take turns with them as well: it occurs twice
    or more, mostly between lines of theirs. `Address: 5 Elm Road` and lists of such lines do not.
    An indented line never begins with a speaker.
    """
    prefixes = [_split(line, given) for line in lines]
    spoken = [prefix for line, prefix in zip(lines, prefixes, strict=True) if line.strip()]
    roles = {prefix.name.casefold(): role_of(prefix.name) for prefix in spoken if prefix is not None}
    if not {"agent", "customer"} <= set(roles.values()):
        return prefixes
    unknown = {name for name, role in roles.items() if role is None} - set(given)
    stray = unknown - _taking_turns([prefix and prefix.name.casefold() for prefix in spoken], unknown)
    return [None if prefix is not None and prefix.name.casefold() in stray else prefix for prefix in prefixes]


def _split(line: str, given: Collection[str]) -> Prefix | None:
    match = _PREFIX.match(line)
    if match is None:
        return None
    name = match[1].strip("*_ ")
    known = name.casefold() in given or role_of(name) is not None
    if name and (known or (match[0][0] not in "-–—" and _looks_like_a_name(name))):
        return Prefix(name, line[match.end() :].removeprefix("**").strip())
    return None


def _looks_like_a_name(text: str) -> bool:
    return _NAME.match(text) is not None and FIELDS.search(text) is None


def _taking_turns(names: Sequence[str | None], unknown: Collection[str]) -> set[str]:
    """Return the unknown names of which half or more stand between two known speakers (or at an end)."""
    known = [True, *(name is not None and name not in unknown for name in names), True]
    count = Counter(name for name in names if name in unknown)
    between = Counter(
        name for at, name in enumerate(names) if name in unknown and known[at] and known[at + 2]
    )
    return {name for name, times in count.items() if name and times > 1 and 2 * between[name] >= times}
