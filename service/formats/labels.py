"""`Name: words` at the start of a line: which prefixes name a speaker and which only look like it."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from service.formats.speakers import role_of

_PREFIX = re.compile(r"(?!\s)([^:：\n]{1,60}?)\s{0,3}[:：](?!//)\s{0,5}")
_NAME = re.compile(
    r"(?:[A-ZА-ЯЁ][\w.'’-]*(?:\s+(?:[A-ZА-ЯЁ][\w.'’-]*|\d{1,3}|\([^()]{1,30}\))){0,3}"
    r"|(?:speaker|spk|spkr)[\s_#-]*\w{1,3}|[\u3400-\u9fff·]{2,6}\d{0,4})$"
)


class Label(NamedTuple):
    """A speaker, and the rest of the line."""

    name: str
    rest: str


def labels_of(lines: Sequence[str], given: Collection[str]) -> list[Label | None]:
    """Return the speaker at the start of each line, or None where the line goes on with what is being said.

    A prefix that is neither a known role nor one of `given` (case folded) counts when it looks like a name,
    but not where an agent and a customer are named already and it occurs only once: `Address: 5 Elm Road`.
    An indented line never begins with a speaker.
    """
    labels = [_split(line, given) for line in lines]
    count = Counter(label.name.casefold() for label in labels if label is not None)
    stated = {label.name.casefold(): role_of(label.name) for label in labels if label is not None}
    both = {"agent", "customer"} <= set(stated.values())
    stray = {name for name, role in stated.items() if both and not role and count[name] == 1} - set(given)
    return [None if label is not None and label.name.casefold() in stray else label for label in labels]


def _split(line: str, given: Collection[str]) -> Label | None:
    match = _PREFIX.match(line)
    if match is None:
        return None
    name = match[1].strip("*_- ")
    if name and (name.casefold() in given or role_of(name) is not None or _NAME.match(name)):
        return Label(name, line[match.end() :].removeprefix("**").strip())
    return None
