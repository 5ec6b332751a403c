"""What callers ask for."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from service.domain.base import Model
from service.domain.errors import InvalidInput
from service.domain.grade import GraderName
from service.domain.submission import Priority
from service.domain.transcript import Conversation, Metadata, Speaker
from service.formats.registry import resolve
from service.usecases.cards import SCORECARD_REFERENCE

CallbackUrl = Annotated[str, Field(pattern=r"^https?://", max_length=2000)]
"""Where the result is posted to."""


def _resolved(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    try:
        return resolve(value)
    except InvalidInput as error:
        raise InvalidInput(
            [p._replace(pointer=f"/conversation{p.pointer}") for p in error.problems]
        ) from None


class FormattedTranscript(BaseModel):
    """A transcript in another format; every key of a conversation but `turns` may stand beside it.

    `speakers` maps names in the transcript to roles where the names do not tell.
    """

    model_config = ConfigDict(extra="allow")

    format: Literal["webvtt", "srt", "text"]
    content: str
    speakers: dict[str, Speaker] = {}


AnyConversation = Annotated[
    Conversation, BeforeValidator(_resolved, json_schema_input_type=Conversation | FormattedTranscript)
]


class EvaluationRequest(Model):
    """Grade this conversation. Without a scorecard the best fitting one is taken; `metadata` comes back with
    the result and is added to the conversation's own.
    """

    conversation: AnyConversation
    scorecard: Annotated[str, Field(pattern=SCORECARD_REFERENCE)] | None = None
    grader: GraderName | None = None
    priority: Priority = "interactive"
    callback_url: CallbackUrl | None = None
    metadata: Metadata = {}

    @property
    def full_conversation(self) -> Conversation:
        """The conversation with the request's metadata added, which wins over its own."""
        if not self.metadata:
            return self.conversation
        merged = {**self.conversation.metadata, **self.metadata}
        return self.conversation.model_copy(update={"metadata": merged})


class RedactionRequest(Model):
    """Redact this conversation, given as `{"conversation": {…}}` or bare."""

    conversation: AnyConversation

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, data: Any) -> Any:
        bare = isinstance(data, dict) and "conversation" not in data and ("turns" in data or "format" in data)
        return {"conversation": data} if bare else data
