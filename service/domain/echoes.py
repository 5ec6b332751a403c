"""Errors that do not repeat what was sent: it may be personal, and callers write errors into their logs.

On a command line the words of a mistake help whoever made it. Over HTTP the pointer says where they stand.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from service.domain.errors import FieldProblem

HIDDEN = "'…'"

QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
"""What an error quotes, with its quotation marks."""

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}|\d{1,7}|")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,79}(?:@\d{1,7})?")
# What is shorter may stand within what was sent by chance; it is hidden only where it is all of a value.
_CHANCE = 12
# Looking through a large body takes a millisecond; after so many anything long is taken for sent.
_MOST_LOOKS = 100
# What an address names may be said as a part of something, such as `name@3`.
_TELLING = 2


class Sent:
    """The words of a request: what its path, its query and its body said, without the keys of objects.

    Outside of the path, what has the form of our own names (a scorecard, a dimension, a grader) is told.
    """

    def __init__(self, address: Iterable[str] = (), query: Iterable[str] = (), body: bytes = b"") -> None:
        self._address = [part for part in address if len(part) >= _TELLING]
        self._query = list(query)
        self._body = body
        self._looks = _MOST_LOOKS

    # Most errors quote nothing, and a large body takes a second to look through.
    @cached_property
    def _values(self) -> list[str]:
        return [one for one in (*self._query, *_values(self._body)) if not _NAME.fullmatch(one)]

    @cached_property
    def _long(self) -> str:
        return "\0".join(value for value in self._values if len(value) >= _CHANCE)

    @cached_property
    def _whole(self) -> set[str]:
        return {piece.strip() for value in self._values for piece in (value, *value.splitlines())}

    def holds(self, words: str) -> bool:
        """Whether these words are some that were sent."""
        return (
            words.strip() in self._whole
            or any(part in words for part in self._address)
            or (len(words) >= _CHANCE and self._holds_part(words))
        )

    def _holds_part(self, words: str) -> bool:
        self._looks -= 1
        return self._looks < 0 or words in self._long

    def hidden(self, sentence: str) -> str:
        """Return the sentence without what it quotes of the request."""
        return QUOTED.sub(lambda match: HIDDEN if self.holds(unquoted(match[0])) else match[0], sentence)


def without_odd_keys(problem: FieldProblem) -> FieldProblem:
    """Return the problem with every key in its pointer hidden that looks like no key."""
    steps = (step if _KEY.fullmatch(step) else "…" for step in problem.pointer.split("/"))
    return problem._replace(pointer="/".join(steps))


def _values(body: bytes) -> Iterator[str]:
    if not body:
        return
    try:
        yield from _strings(json.loads(body))
    except (ValueError, RecursionError):
        yield from body.decode("utf-8", "replace").splitlines()


def _strings(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
        elif one is not None and not isinstance(one, bool):
            yield str(one)


def unquoted(literal: str) -> str:
    """Return what a quotation says."""
    try:
        return str(ast.literal_eval(literal))
    except (ValueError, SyntaxError):
        return literal[1:-1]
