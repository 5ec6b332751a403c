"""A conversation as it comes in: who said what, when, and what the contact centre knows about the contact."""

from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import to_json

from service.domain.base import Model, Moment, ShortText, Text, check_unknown, storable_json

Speaker = Literal["agent", "customer", "bot", "system"]
Channel = Literal["call", "chat"]
Direction = Literal["inbound", "outbound"]
Language = Literal["en", "ru", "zh"]

MAX_TURNS = 10_000
MAX_CHARACTERS = 1_000_000
"""Over all turns; speech of about 18 hours."""

MetricName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,79}$")]
Metadata = Annotated[dict[str, JsonValue], AfterValidator(storable_json)]
Seconds = Annotated[float, Field(ge=0, le=1_000_000)]


def check_size(value: Any, what: str, limit: int = MAX_CHARACTERS) -> None:
    """Raise ValueError when a value is more than `limit` bytes of JSON."""
    size = len(to_json(value))
    if size > limit:
        raise ValueError(f"{what} {size:,} bytes of JSON; the limit is {limit:,}")


@lru_cache(maxsize=16)
def _names(model: type[Model]) -> frozenset[str]:
    return frozenset(model.model_fields)


def _gather_unknown(model: type[Model], data: Any) -> Any:
    """Move keys that `model` does not know into its `metadata`, where explicit metadata wins."""
    # Most have none, and there may be thousands of turns.
    if not isinstance(data, dict) or data.keys() <= _names(model):
        return data
    check_unknown(model, data)
    unknown = {key: value for key, value in data.items() if key not in model.model_fields}
    given = data.get("metadata") or {}
    if not isinstance(given, dict):
        return data
    known = {key: value for key, value in data.items() if key not in unknown}
    return {**known, "metadata": {**unknown, **given}}


class Turn(Model):
    """What one speaker said in one go. Times are seconds from the start of the conversation."""

    speaker: Speaker
    text: Text
    start_s: Seconds | None = None
    end_s: Seconds | None = None
    # Made anew, which is cheaper than copied, and there may be thousands of turns.
    metadata: Metadata = Field(default_factory=dict, json_schema_extra={"default": {}})

    @model_validator(mode="before")
    @classmethod
    def _keep_unknown_keys(cls, data: Any) -> Any:
        return _gather_unknown(cls, data)

    @model_validator(mode="after")
    def _end_not_before_start(self) -> "Turn":
        if self.start_s is not None and self.end_s is not None and self.end_s < self.start_s:
            raise ValueError(f"end_s ({self.end_s}) is before start_s ({self.start_s})")
        return self


class Agent(Model):
    """The person (or bot) who served the customer. `id` is kept, `team` is redacted, the rest is dropped."""

    model_config = ConfigDict(extra="ignore")

    id: ShortText
    name: ShortText | None = None
    team: ShortText | None = None


class ContextText(Model):
    """A reference text that a grade may need, such as a price list. It is never citable as evidence."""

    title: ShortText
    text: Text


class Conversation(Model):
    """One conversation between a customer and a contact centre; turns count from 0.

    Keys that are not listed here are kept as `metadata`. `id` is accepted as another name of
    `external_id`. `language` is detected when it is absent.
    """

    max_characters: ClassVar[int] = MAX_CHARACTERS

    external_id: ShortText | None = None
    channel: Channel | None = None
    language: Language | None = None
    call_type: ShortText | None = None
    direction: Direction | None = None
    agent: Agent | None = None
    started_at: Moment | None = None
    metrics: dict[MetricName, int | float] = {}
    turns: Annotated[tuple[Turn, ...], Field(min_length=1, max_length=MAX_TURNS)]
    context: Annotated[tuple[ContextText, ...], Field(max_length=20)] = ()
    # Without any it is looked at, too: that of the turns counts with it.
    metadata: Metadata = Field(default_factory=dict, validate_default=True, json_schema_extra={"default": {}})

    @model_validator(mode="before")
    @classmethod
    def _keep_unknown_keys(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("id"), str | int) and "external_id" not in data:
            data = {
                **{key: value for key, value in data.items() if key != "id"},
                "external_id": str(data["id"]),
            }
        return _gather_unknown(cls, data)

    @field_validator("language", mode="before")
    @classmethod
    def _primary_subtag(cls, value: Any) -> Any:
        """Accept any BCP 47 tag of a supported language: `en-US`, `zh_Hans_CN`, `RU`."""
        return value.replace("_", "-").split("-")[0].lower() if isinstance(value, str) else value

    @field_validator("turns", mode="before")
    @classmethod
    def _not_too_many(cls, turns: Any) -> Any:
        """Count before looking at each: half a million bad turns would take half a minute to complain of."""
        if isinstance(turns, list | tuple) and len(turns) > MAX_TURNS:
            raise ValueError(f"there are {len(turns):,} turns; the limit is {MAX_TURNS:,}")
        return turns

    @field_validator("turns")
    @classmethod
    def _some_text_but_not_too_much(cls, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        characters = sum(len(turn.text) for turn in turns)
        if characters > cls.max_characters:
            raise ValueError(f"the turns hold {characters:,} characters; the limit is {cls.max_characters:,}")
        if not any(turn.text.strip() for turn in turns):
            raise ValueError("no turn holds any text")
        return turns

    @field_validator("context", "metrics")
    @classmethod
    def _not_too_large(cls, value: Any) -> Any:
        """Bound what is redacted beside the turns."""
        check_size(value, "this is", cls.max_characters)
        return value

    @field_validator("metadata")
    @classmethod
    def _metadata_not_too_large(cls, value: Any, info: ValidationInfo) -> Any:
        """Bound it together with that of the turns."""
        own = [turn.metadata for turn in info.data.get("turns", ()) if turn.metadata]
        check_size([value, *own], "metadata, with that of the turns, is", cls.max_characters)
        return value


class RedactedConversation(Conversation):
    """A conversation after redaction: the only kind that is stored, graded or sent to a model."""

    # Placeholders may be longer than what they stand for; what was accepted must stay readable.
    max_characters: ClassVar[int] = 20 * MAX_CHARACTERS

    language: Language
