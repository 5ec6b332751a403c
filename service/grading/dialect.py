"""How one model wants to be asked: the parts of a request that servers are known to refuse."""

import json
import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from service.grading.port import ChatRequest

AnswerFormat = Literal["json_schema", "json_object", "text"]
_NEXT_FORMAT: dict[AnswerFormat, AnswerFormat] = {"json_schema": "json_object", "json_object": "text"}

LimitName = Literal["max_completion_tokens", "max_tokens"]

ALTERNATIVES = 5
"""How many tokens are asked for beside each token of an answer; servers give 5 at least, or none."""

_COMPLAINTS = {
    "logprobs": re.compile(r"log_?probs?\b|log probabilit"),
    "seed": re.compile(r"\bseed\b"),
    "temperature": re.compile(r"temperature"),
    "limit": re.compile(r"\bmax_(?:completion_)?tokens\b"),
    "system_role": re.compile(
        r"\bsystem['\"`]?[ -](?:role|message|prompt|instruction)|\.role\b|\brole['\"`:]{0,2} ?['\"`]?system"
        r"|developer instruction|only user and assistant|'user' or 'assistant'"
    ),
    "answer_format": re.compile(r"response.format|json.schema|json_object|structured output|grammar"),
}
# What costs least comes first: probabilities are an extra, the schema is what makes answers readable.
_LEAST_NEEDED = ("logprobs", "seed", "temperature", "answer_format", "limit", "system_role")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a server takes: which answer format, temperature, seed, log probabilities, a message of the role
    `system`, and under which name a limit of the answer's length (None: under none).
    """

    answer_format: AnswerFormat = "json_schema"
    temperature: bool = True
    seed: bool = True
    logprobs: bool = True
    system_role: bool = True
    limit: LimitName | None = None

    def after(self, complaint: str) -> "Dialect | None":
        """Return the dialect to try next when a server complains in these words, or None if they name nothing
        that could be left out.
        """
        said = complaint.lower()
        simpler = (self._without(part) for part, words in _COMPLAINTS.items() if words.search(said))
        return next((dialect for dialect in simpler if dialect is not None), None)

    def simpler(self) -> "Dialect | None":
        """Return this dialect without the part that is needed least; None when nothing is left to spare."""
        simpler = (self._without(part) for part in _LEAST_NEEDED)
        return next((dialect for dialect in simpler if dialect is not None), None)

    def payload(self, request: ChatRequest, model: str, max_completion_tokens: int | None) -> dict[str, Any]:
        """Return the body of a chat completion request.

        Servers cache what requests have in common from their first word on, so nothing that differs between
        two conversations stands before the conversation.
        """
        return {
            "model": model,
            "messages": self._messages(request),
            **self._response_format(request),
            **({"temperature": request.temperature} if self.temperature else {}),
            **({"seed": request.seed} if self.seed else {}),
            **({"logprobs": True, "top_logprobs": ALTERNATIVES} if self.logprobs else {}),
            **({self.limit: max_completion_tokens} if self.limit and max_completion_tokens else {}),
        }

    def _without(self, part: str) -> "Dialect | None":
        """Return this dialect with less of `part`, None where there is none of it left."""
        if part == "answer_format":
            less = _NEXT_FORMAT.get(self.answer_format)
            return replace(self, answer_format=less) if less else None
        if part == "limit":
            return self._other_limit()
        changes: dict[str, Any] = {part: False}
        return replace(self, **changes) if getattr(self, part) else None

    def _other_limit(self) -> "Dialect | None":
        if self.limit is None:
            return None
        return replace(self, limit="max_tokens" if self.limit == "max_completion_tokens" else None)

    def _messages(self, request: ChatRequest) -> list[dict[str, str]]:
        system = self._system(request)
        if not self.system_role:
            return [{"role": "user", "content": f"{system}\n\n{request.user}"}]
        return [{"role": "system", "content": system}, {"role": "user", "content": request.user}]

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
