"""What grading asks of the outside, a model that answers requests, and what it offers, a grader."""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from service.domain.evaluation import Assessment
from service.domain.grade import GraderName
from service.domain.scorecard import Scorecard
from service.domain.transcript import RedactedConversation
from service.grading.remembered import Remembered

SEED = 20_260_101
"""Any fixed number: the same request should get the same answer where the server can do that."""

_written: Remembered[str] = Remembered()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One request to a language model. `schema` is the JSON schema that the answer has to fit.

    `seed` and `temperature` (0 to 2) are sent where the server takes them.
    """

    system: str
    user: str
    schema: dict[str, Any]
    schema_name: str = "grades"
    seed: int = SEED
    temperature: float = 0.0

    @property
    def texts(self) -> tuple[str, str, str]:
        """All that a server may count as prompt: both messages and the schema."""
        return self.system, self.user, _written([self.schema], self._write_schema)

    def _write_schema(self) -> str:
        return json.dumps(self.schema, ensure_ascii=False)


class TokenChoice(NamedTuple):
    """One token of an answer, its natural log probability, and those of the tokens it was chosen from."""

    text: str
    logprob: float
    others: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """What a language model answered; all of it is untrusted.

    `finish_reason` is the server's word (`stop`, `length`, …), empty when it gave none. `refusal` is set when
    the model, or a filter in front of it, refused. Token counts are None when the server reported none.
    `payload_sha256` is the digest of what was sent, in hexadecimal. `seed` is what was sent, None where the
    server takes none. `tokens` joined are `text`, or empty when the server gave no probabilities. `cost_usd`
    is None where no price is known.
    """

    text: str
    model: str
    finish_reason: str = "stop"
    refusal: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int = 0
    payload_sha256: str = ""
    seed: int | None = None
    tokens: tuple[TokenChoice, ...] = ()
    cost_usd: float | None = None


class ChatModel(Protocol):
    """A language model behind any server, or none."""

    @property
    def name(self) -> str:
        """The model as it was configured."""

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the model's answer.

        Raises ModelAway when there is none within the adapter's bounds of time and attempts, ModelRejected
        when the server refuses the request for good, and PromptTooLong when it says that the request is too
        long.
        """


class Grader(Protocol):
    """Grades conversations. One that could not grade a dimension says so with a value, not an exception."""

    @property
    def name(self) -> GraderName:
        """The name that every grade carries."""

    async def grade(self, conversation: RedactedConversation, card: Scorecard) -> Assessment:
        """Return one grade for each dimension of `card`. Raises ModelAway and ModelRejected."""
