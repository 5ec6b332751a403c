"""What callers ask for."""

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationInfo,
    field_validator,
    model_validator,
)

from service.domain.base import Body
from service.domain.errors import InvalidInput
from service.domain.grade import GraderName
from service.domain.submission import Priority
from service.domain.transcript import Conversation, Metadata, Speaker, check_size
from service.formats.registry import resolve
from service.usecases.cards import SCORECARD_REFERENCE

FormatName = Literal[
    "webvtt",
    "srt",
    "text",
    "amazon-connect",
    "google-ccai",
    "genesys",
    "twilio",
    "zendesk",
    "assemblyai",
    "deepgram",
    "whisper",
    "auto",
]
"""What a transcript may be written in; a test holds it against what is read."""

CallbackUrl = Annotated[str, Field(pattern=r"^https?://", max_length=2000)]
"""Where the result is posted to."""


def body_sha256(body: Any) -> str:
    """Return a digest under which the same JSON is the same body, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


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

    `content` is the text, or the JSON object where the format is JSON. `speakers` maps names in the
    transcript (`Anna`, `channel 0`, `SPEAKER_00`) to roles where the transcript does not tell.
    """

    model_config = ConfigDict(extra="allow")

    format: FormatName
    content: str | dict[str, JsonValue]
    speakers: dict[str, Speaker] = {}


AnyConversation = Annotated[
    Conversation, BeforeValidator(_resolved, json_schema_input_type=Conversation | FormattedTranscript)
]


class EvaluationRequest(Body):
    """Grade this conversation. Without a scorecard the best fitting one is taken; `metadata` comes back with
    the result and is added to the conversation's own.
    """

    conversation: AnyConversation
    scorecard: Annotated[str, Field(pattern=SCORECARD_REFERENCE)] | None = None
    grader: GraderName | None = None
    priority: Priority = "interactive"
    callback_url: CallbackUrl | None = None
    metadata: Metadata = {}

    @field_validator("metadata")
    @classmethod
    def _metadata_not_too_large(cls, value: Metadata, info: ValidationInfo) -> Metadata:
        """Bound it together with the conversation's, which it is added to."""
        conversation: Conversation | None = info.data.get("conversation")
        if conversation is None:
            check_size(value, "this is")
        else:
            merged = {**conversation.metadata, **value}
            turns = [turn.metadata for turn in conversation.turns if turn.metadata]
            check_size([merged, *turns], "metadata, with that of the conversation, is")
        return value

    @property
    def full_conversation(self) -> Conversation:
        """The conversation with the request's metadata added, which wins over its own."""
        if not self.metadata:
            return self.conversation
        merged = {**self.conversation.metadata, **self.metadata}
        return self.conversation.model_copy(update={"metadata": merged})


class RedactionRequest(Body):
    """Redact this conversation, given as `{"conversation": {…}}` or bare."""

    conversation: AnyConversation

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, data: Any) -> Any:
        bare = isinstance(data, dict) and "conversation" not in data and ("turns" in data or "format" in data)
        return {"conversation": data} if bare else data
