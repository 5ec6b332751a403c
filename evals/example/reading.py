"""Reads a grading request as a stranger would: which conversation of the set is it, and what is asked?"""

import re
from functools import cache
from typing import Any, NamedTuple

from evals.example.script import Script, scripts

_TURN = re.compile(r"^(\d+) [a-p]{2} (agent|customer|bot|system)(?: after \d+ s)?: (.*)$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"<[A-Z_]+\d*>")
_PIECE = 5
"""Characters; pieces of this length tell one conversation from another, whatever was redacted."""

_LEAST_ALIKE = 0.5


class Turn(NamedTuple):
    """A turn as the prompt shows it."""

    number: int
    speaker: str
    text: str


class Request(NamedTuple):
    """A request on a conversation of the set: its script, its turns as shown, the dimensions asked for."""

    script: Script
    turns: tuple[Turn, ...]
    dimensions: tuple[str, ...]

    def telling(self, dimension: str) -> list[Turn]:
        """Return the turn that decides a dimension, where its author marked one, else a likely one."""
        shown = {turn.number: turn for turn in self.turns}
        marked = "information" if dimension == "resolution" else dimension
        lines = enumerate(self.script.lines)
        found = [shown[n] for n, line in lines if marked in line.dimensions and n in shown]
        agents = [turn for turn in self.turns if turn.speaker == "agent"]
        return found[-1:] or (agents[-1:] if dimension in ("closing", "resolution") else agents[:1])


def read_request(document: Any) -> Request | None:
    """Return the request, None where it asks for no grades or is about no conversation of the set."""
    try:
        prompt = "\n".join(str(m["content"]) for m in document["messages"] if m["role"] == "user")
        schema = document["response_format"]["json_schema"]["schema"]
        asked = tuple(schema["properties"]["dimensions"]["properties"])
    except (KeyError, TypeError):
        return None
    turns = tuple(Turn(int(number), speaker, text) for number, speaker, text in _TURN.findall(prompt))
    script = _script_of(turns)
    return None if script is None else Request(script, turns, asked)


def _script_of(turns: tuple[Turn, ...]) -> Script | None:
    """Return the script that is most like the turns: the one that holds most of their pieces."""
    seen = _pieces(" ".join(_PLACEHOLDER.sub(" ", turn.text) for turn in turns))
    if not seen:
        return None
    best = max(scripts(), key=lambda script: len(seen & _pieces_of(script)))
    return best if len(seen & _pieces_of(best)) >= _LEAST_ALIKE * len(seen) else None


def _pieces(text: str) -> frozenset[str]:
    letters = "".join(character for character in text.lower() if character.isalnum())
    return frozenset(letters[at : at + _PIECE] for at in range(len(letters) - _PIECE + 1))


@cache
def _scripts_pieces() -> dict[str, frozenset[str]]:
    return {script.id: _pieces(" ".join(line.text for line in script.lines)) for script in scripts()}


def _pieces_of(script: Script) -> frozenset[str]:
    return _scripts_pieces()[script.id]
