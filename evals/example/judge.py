"""A constructed judge: it answers grading requests on the example set, knows the truth and errs by a rule.

Its place on a scale of k steps is

    truth + (leniency + noise) · k / 4

rounded to a level, all in levels of a five-level scale. What a version spoils is drawn to the middle of the
scale and moved, with more noise. How sure it is falls with its own error, roughly: σ(3.2 - 1.8·|noise|/s + ε)
where s is the usual noise and ε one of .4. It judges nothing, and every rationale says so.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal, NamedTuple

from evals.example.draws import chance
from evals.example.reading import Request, Turn, read_request
from evals.example.scale import card, level_at, position, steps
from evals.example.script import Script
from evals.model_server import Behaviour, RecordedRequest, stand_in_answer
from service.domain.label import NOT_APPLICABLE
from service.domain.scorecard import Dimension, LevelValue

VersionName = Literal["base", "same", "worse"]


class Spoiled(NamedTuple):
    """How a dimension is spoiled: what is left of a place's distance to the middle, by how many levels of
    five it is moved, and the noise on top.
    """

    keeps: float
    moved: float
    noise: float


class Version(NamedTuple):
    """A version of the judge: what it spoils, how much its places waver, and its words."""

    spoils: Mapping[str, Spoiled]
    wavers: float
    words: str


VERSIONS: dict[VersionName, Version] = {
    "base": Version({}, 0.0, "Constructed answer: {title} is set to {level}."),
    "same": Version({}, 0.06, "This answer was constructed; it puts {title} at {level}."),
    "worse": Version(
        {"information": Spoiled(0.4, -0.6, 0.9), "empathy": Spoiled(0.3, 0.6, 0.9)},
        0.0,
        "Constructed answer: {title} is set to {level}.",
    ),
}
"""`base` is the judge in use, `same` says the same in other words, `worse` is what a careless change of the
prompt may make of it.
"""

LENIENCY = 0.2
NOISE, NOISE_OF_TWO = 0.6, 1.1
"""Standard deviation of the noise, in levels of a five-level scale; more where there are two levels only, or
the judge would always be right there.
"""

_SAYS_NA, _IMAGINES_NA = 0.9, 0.02
_LONGEST_QUOTE = 90
_LEVEL = re.compile(r'"level": "?([^",}]+)')


class _Opinion(NamedTuple):
    """A level and how probable the judge holds it, 0 to 1."""

    level: LevelValue
    sure: float


class ConstructedJudge:
    """Answers requests as one `version` of the judge; for `ModelServer(answerer=…)`."""

    def __init__(self, version: VersionName) -> None:
        self._name = version
        self._version = VERSIONS[version]

    def __call__(self, received: RecordedRequest) -> Behaviour:
        """Return the answer; one that judges nothing where the conversation is none of the set."""
        request = read_request(received.json)
        if request is None:
            return Behaviour()
        opinions = {d.id: self._opinion(request.script, d) for d in _asked(request)}
        answer = json.loads(stand_in_answer(received.json))
        answer["dimensions"] = {name: self._entry(request, name, said) for name, said in opinions.items()}
        if "strengths" in answer:
            answer |= self._coaching(request, opinions)
        text = json.dumps(answer, ensure_ascii=False)
        return Behaviour(text=text, logprobs=list(_tokens(text, [said.sure for said in opinions.values()])))

    def _opinion(self, script: Script, dimension: Dimension) -> _Opinion:
        truth = script.truth.get(dimension.id, NOT_APPLICABLE)
        draw = chance(script.id, "judge", dimension.id)
        says_na = draw.random() < (_SAYS_NA if truth == NOT_APPLICABLE else _IMAGINES_NA)
        usual = NOISE if steps(dimension) > 1 else NOISE_OF_TWO
        noise = draw.gauss(0, usual)
        sure = 1 / (1 + math.exp(-3.2 + 1.8 * abs(noise) / usual - draw.gauss(0, 0.4)))
        if dimension.not_applicable is not None and says_na:
            return _Opinion(NOT_APPLICABLE, sure)
        honest = steps(dimension) / 2 if truth == NOT_APPLICABLE else position(dimension, truth)
        place = honest + (LENIENCY + noise) * steps(dimension) / 4
        return _Opinion(level_at(dimension, self._moved(script, dimension, place)), sure)

    def _moved(self, script: Script, dimension: Dimension, place: float) -> float:
        """Return where this version puts what the judge in use puts at `place`."""
        draw = chance(script.id, self._name, dimension.id)
        unit, middle = steps(dimension) / 4, steps(dimension) / 2
        spoiled = self._version.spoils.get(dimension.id)
        if spoiled is not None:
            place = middle + spoiled.keeps * (place - middle)
            place += (spoiled.moved + draw.gauss(0, spoiled.noise)) * unit
        return place + draw.gauss(0, self._version.wavers) * unit if self._version.wavers else place

    def _entry(self, request: Request, name: str, said: _Opinion) -> dict[str, Any]:
        applies = said.level != NOT_APPLICABLE
        quotes = [_quoted(turn) for turn in request.telling(name)] if applies else []
        searched = {"looked_for": "telling words", "from_turn": 0, "to_turn": request.turns[-1].number}
        return {
            "applies": applies,
            "evidence": quotes,
            "absence": None if quotes or not applies else searched,
            "rationale": self._version.words.format(title=_title(name).lower(), level=_in_words(said)),
            "level": said.level if applies else None,
        }

    def _coaching(self, request: Request, opinions: Mapping[str, _Opinion]) -> dict[str, Any]:
        """Return a strength and something to improve: the best and the worst that the agent was given."""
        mine = [d for d in _asked(request) if d.about == "agent" and opinions[d.id].level != NOT_APPLICABLE]
        ranked = sorted(mine, key=lambda d: position(d, opinions[d.id].level) / steps(d))
        chosen = {"improvements": ranked[:1], "strengths": ranked[-1:]}
        return {kind: [_point(request, kind, d) for d in found] for kind, found in chosen.items()}


@cache
def _dimensions() -> dict[str, Dimension]:
    return {dimension.id: dimension for dimension in card().dimensions}


def _asked(request: Request) -> list[Dimension]:
    return [_dimensions()[name] for name in request.dimensions if name in _dimensions()]


def _in_words(said: _Opinion) -> str:
    return "not applicable" if said.level == NOT_APPLICABLE else str(said.level).replace("_", " ")


def _title(name: str) -> str:
    return _dimensions()[name].title


def _point(request: Request, kind: str, dimension: Dimension) -> dict[str, Any]:
    word = "well done" if kind == "strengths" else "there is room to improve"
    text = f"Constructed answer: {dimension.title.lower()}, {word}."
    return {"dimension": dimension.id, "text": text, **_quoted(request.telling(dimension.id)[0])}


def _quoted(turn: Turn) -> dict[str, Any]:
    """Return the turn, up to the last word that fits; one without blanks as a whole."""
    text = turn.text
    if len(text) > _LONGEST_QUOTE and " " in text:
        text = text[:_LONGEST_QUOTE].rsplit(" ", 1)[0]
    return {"turn": turn.number, "quote": text}


def _tokens(text: str, sure: list[float]) -> Iterator[dict[str, Any]]:
    """Yield log probabilities: a token for each level, as sure as the judge is, one for all between two."""
    done = 0
    for found, probability in zip(_LEVEL.finditer(text), sure, strict=True):
        yield _token(text[done : found.start(1)], 1.0)
        yield _token(found[1], probability)
        done = found.end(1)
    yield _token(text[done:], 1.0)


def _token(text: str, probability: float) -> dict[str, Any]:
    logprob = round(math.log(probability), 4)
    return {"token": text, "logprob": logprob, "bytes": list(text.encode()), "top_logprobs": []}
