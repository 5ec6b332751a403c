"""How one model wants to be asked: what is found out from its refusals and kept for all later requests."""

import json
import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from service.grading.port import ChatRequest

AnswerFormat = Literal["json_schema", "json_object", "text"]
_NEXT: dict[AnswerFormat, AnswerFormat] = {"json_schema": "json_object", "json_object": "text"}

SEED = 20_260_101
"""Any fixed number: the same request should get the same answer where the server can do that."""

_FORMAT_WORDS = (
    "response_format",
    "response format",
    "json_schema",
    "json schema",
    "json_object",
    "structured output",
    "grammar",
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """The answer format a server takes, and whether it takes a temperature and a seed."""

    answer_format: AnswerFormat = "json_schema"
    temperature: bool = True
    seed: bool = True

    def after(self, complaint: str) -> "Dialect | None":
        """Return the dialect to try next when a server complains in these words, or None if no other would
        help.
        """
        said = complaint.lower()
        if self.temperature and "temperature" in said:
            return replace(self, temperature=False)
        if self.seed and re.search(r"\bseed\b", said):
            return replace(self, seed=False)
        if self.answer_format in _NEXT and any(word in said for word in _FORMAT_WORDS):
            return replace(self, answer_format=_NEXT[self.answer_format])
        return None

    def payload(self, request: ChatRequest, model: str, max_completion_tokens: int | None) -> dict[str, Any]:
        """Return the body of a chat completion request."""
        return {
            "model": model,
            "messages": [
                {"role": "system", "content": self._system(request)},
                {"role": "user", "content": request.user},
            ],
            **self._response_format(request),
            **({"temperature": 0} if self.temperature else {}),
            **({"seed": SEED} if self.seed else {}),
            **({} if max_completion_tokens is None else {"max_completion_tokens": max_completion_tokens}),
        }

    def _system(self, request: ChatRequest) -> str:
        """Without a schema in the request proper, the schema stands at the end of the instructions."""
        if self.answer_format == "json_schema":
            return request.system
        schema = json.dumps(request.schema, ensure_ascii=False)
        return f"{request.system}\n\nThe JSON object has to fit this JSON schema:\n{schema}"

    def _response_format(self, request: ChatRequest) -> dict[str, Any]:
        if self.answer_format == "text":
            return {}
        if self.answer_format == "json_object":
            return {"response_format": {"type": "json_object"}}
        schema = {"name": request.schema_name, "strict": True, "schema": request.schema}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
