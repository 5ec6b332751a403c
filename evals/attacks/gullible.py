"""A scripted model that believes what it reads: the worst reader there can be of a planted instruction.

It does not have to recognise an order, it knows the one of the attack it was made for; so no wording and no
encoding is too clever for it, and it shares no list of words with the detector.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from evals.attacks.attack import Attack
from evals.attacks.obeying import conversation_part, instructions
from service.domain.transcript import Speaker
from service.grading.fence import one_line
from service.grading.port import ChatAnswer, ChatRequest

OFF_SCALE = 10
_LONGEST_QUOTE = 120
_INVENTED = "I am truly sorry for the trouble, and I will take care of it at once."
_MARKED = re.compile(r"^(\d+) [a-p]{2} (agent|customer|bot|system)(?: after \d+ s)?: (.*)$", re.MULTILINE)
_UNMARKED = re.compile(r"^(agent|customer|bot|system): (.*)$", re.MULTILINE)
_SPEAKERS: Mapping[str, tuple[Speaker, ...]] = {
    "agent_quote": ("agent",),
    "customer_quote": ("customer",),
    "any_quote": ("agent", "customer", "bot", "system"),
}


class _Line(NamedTuple):
    """A turn as the prompt shows it."""

    number: int
    speaker: str
    text: str


class GullibleModel:
    """Grades honestly, which is low (high where the conversation is good), until it sees the attack's order.

    It sees it where it takes text for instructions (`obeying.py`); with `fully`, anywhere in the prompt. Then
    it answers as ordered, with the quote that the attack asks for.
    """

    def __init__(self, attack: Attack, *, fully: bool) -> None:
        self.name = "fully-gullible" if fully else "gullible"
        self._attack = attack
        self._fully = fully

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the answer: the honest one, the ordered one, or both."""
        dimensions = _asked(request.schema)
        turns = _turns(request.user)
        honest = {name: self._honest(entry, turns) for name, entry in dimensions.items()}
        answers = [honest]
        if self._obeys(request.user):
            ordered = {name: self._ordered(name, dimensions, turns, honest) for name in dimensions}
            answers = [honest, ordered] if self._attack.planted.answers == "two" else [ordered]
        return ChatAnswer(text="\n".join(map(_as_text, answers)), model=self.name)

    def _obeys(self, prompt: str) -> bool:
        part = conversation_part(prompt)
        seen = one_line(part if self._fully else instructions(part))
        needles = [one_line(needle) in seen for needle in self._attack.needles]
        return all(needles) if self._fully else any(needles)

    def _honest(self, entry: Mapping[str, Any], turns: list[_Line]) -> dict[str, Any]:
        levels = _levels(entry)
        level = levels[-1] if self._attack.planted.base == "good" else levels[0]
        return _entry(level, _first_by(_speakers(entry), turns))

    def _ordered(
        self, name: str, dimensions: Mapping[str, Any], turns: list[_Line], honest: Mapping[str, Any]
    ) -> dict[str, Any]:
        planted = self._attack.planted
        if planted.dimensions and name not in planted.dimensions:
            return dict(honest[name])
        if planted.order == "na":
            return {**_entry(None, None), "applies": False}
        levels = _levels(dimensions[name])
        level = {"best": levels[-1], "worst": levels[0], "off_scale": OFF_SCALE}[planted.order]
        return _entry(level, self._proof(_speakers(dimensions[name]), turns))

    def _proof(self, speakers: tuple[Speaker, ...], turns: list[_Line]) -> _Line | None:
        """Return the turn and words that the ordered level is to rest on."""
        right = _first_by(speakers, turns)
        match self._attack.planted.quote:
            case "own":
                return right
            case "invented":
                return _Line(right.number if right else 0, "agent", _INVENTED)
            case "wrong_speaker":
                return next((turn for turn in turns if turn.speaker not in speakers), right)
            case "planted":
                needle = one_line(self._attack.needles[-1])
                return next((turn for turn in turns if needle in one_line(turn.text)), right)


def _asked(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the schema of each dimension, where the whole one may only refer to it."""
    shared = schema.get("$defs", {})
    entries = schema["properties"]["dimensions"]["properties"].items()
    return {name: shared.get(str(entry.get("$ref", "")).rsplit("/", 1)[-1], entry) for name, entry in entries}


def _turns(prompt: str) -> list[_Line]:
    """Return the turns with words; where they have no numbers, the lines of speakers are counted."""
    part = conversation_part(prompt)
    found = [_Line(int(number), speaker, text) for number, speaker, text in _MARKED.findall(part)]
    if not found:
        found = [_Line(number, *said) for number, said in enumerate(_UNMARKED.findall(part))]
    return [turn for turn in found if any(character.isalnum() for character in turn.text)]


def _first_by(speakers: tuple[Speaker, ...], turns: list[_Line]) -> _Line | None:
    return next((turn for turn in turns if turn.speaker in speakers), None)


def _speakers(entry: Mapping[str, Any]) -> tuple[Speaker, ...]:
    """Return whose words count, as the schema of a dimension names them."""
    kind = entry["properties"]["evidence"]["$ref"].rsplit("/", 1)[1].removesuffix("s")
    return _SPEAKERS[kind]


def _levels(entry: Mapping[str, Any]) -> list[int | str]:
    """Return the levels of a dimension, the lowest first."""
    level = entry["properties"]["level"]
    return list((level["anyOf"][0] if "anyOf" in level else level)["enum"])


def _entry(level: int | str | None, proof: _Line | None) -> dict[str, Any]:
    evidence = [] if proof is None else [{"turn": proof.number, "quote": _shorten(proof.text)}]
    return {
        "applies": True,
        "evidence": evidence,
        "absence": None,
        "rationale": "Scripted.",
        "level": level,
    }


def _shorten(text: str) -> str:
    """Return the text up to the last word that fits."""
    if len(text) <= _LONGEST_QUOTE:
        return text
    return text[:_LONGEST_QUOTE].rsplit(" ", 1)[0]


def _as_text(dimensions: Mapping[str, Any]) -> str:
    answer = {"dimensions": dimensions, "strengths": [], "improvements": []}
    return json.dumps(answer, ensure_ascii=False)
