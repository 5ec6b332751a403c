"""A model that says what it was told to say, behind the same port as a real one: for tests, demos and replay.

It grades nothing. Whoever reads its name in a result knows that no model was asked.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from service.domain.errors import ModelAway
from service.domain.scorecard import LevelValue
from service.grading.port import ChatAnswer, ChatRequest

Reply = str | ChatAnswer | Exception
Script = Callable[[ChatRequest], Reply] | Iterable[Reply]
Graded = tuple[LevelValue, int, str]
"""Level, turn and quote."""


class ScriptedModel:
    """Answers by a function of the request, or from a list, one entry for each request; exceptions are
    raised.

    `requests` holds what it was asked. A list that is used up raises ModelAway.
    """

    def __init__(self, script: Script, name: str = "scripted") -> None:
        self.name = name
        self.requests: list[ChatRequest] = []
        self._reply = script if callable(script) else _from_list(script)

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the next answer of the script."""
        self.requests.append(request)
        reply = self._reply(request)
        if isinstance(reply, Exception):
            raise reply
        answer = ChatAnswer(text=reply, model=self.name) if isinstance(reply, str) else reply
        return answer if answer.payload_sha256 else replace(answer, payload_sha256=request_sha256(request))


def well_formed_answer(
    grades: Mapping[str, Graded],
    *,
    strengths: Iterable[tuple[str, str, int, str]] = (),
    improvements: Iterable[tuple[str, str, int, str]] = (),
) -> str:
    """Return the text of an answer that grades each dimension with one quote.

    Coaching points are (dimension, text, turn, quote).
    """
    answer = {
        "dimensions": {dimension: _entry(*graded) for dimension, graded in grades.items()},
        "strengths": [_point(*point) for point in strengths],
        "improvements": [_point(*point) for point in improvements],
    }
    return json.dumps(answer, ensure_ascii=False)


def request_sha256(request: ChatRequest) -> str:
    """Return the SHA-256, in hexadecimal, of the canonical JSON of a request that was not sent over HTTP."""
    parts = [request.system, request.user, request.schema_name, request.schema]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _entry(level: LevelValue, turn: int, quote: str) -> dict[str, Any]:
    return {
        "applies": True,
        "evidence": [{"turn": turn, "quote": quote}],
        "absence": None,
        "rationale": f"Scripted: level {level}.",
        "level": level,
    }


def _point(dimension: str, text: str, turn: int, quote: str) -> dict[str, Any]:
    return {"dimension": dimension, "text": text, "turn": turn, "quote": quote}


def _from_list(replies: Iterable[Reply]) -> Callable[[ChatRequest], Reply]:
    waiting = iter(replies)
    return lambda _request: next(waiting, ModelAway("the script of the scripted model is used up"))
