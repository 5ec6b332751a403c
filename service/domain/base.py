"""What every domain model shares: strictness, and text that any database and any encoder can hold."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ModelWrapValidatorHandler,
    StringConstraints,
    ValidationError,
    model_validator,
)

from service.domain.errors import FieldProblem, InvalidInput

# NUL cannot be stored by PostgreSQL and lone surrogates cannot be encoded as UTF-8. Each is replaced by one
# code point, so that character offsets stay as the caller counted them.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

_NUMBER = re.compile(r"\s*[+-]?[\d.]+(?:e[+-]?\d+)?\s*", re.IGNORECASE)


class Model(BaseModel):
    """An immutable value that refuses unknown keys, NaN and infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


MOST_UNKNOWN = 1_000
"""Keys of one object that its model does not know; with more of them it is not looked at."""

MOST_MISTAKES = 20_000
"""With more than so many a body is another thing altogether. Naming them all would take seconds."""


def check_unknown(model: type[BaseModel], data: Any) -> None:
    """Raise ValueError for an object with more than MOST_UNKNOWN keys that the model does not know."""
    unknown = len(data) - len(model.model_fields) if isinstance(data, dict) else 0
    if unknown > MOST_UNKNOWN:
        raise ValueError(f"there are over {MOST_UNKNOWN:,} keys that are not known")


class Body(Model):
    """What a request brings, from anybody: however much is wrong with it, saying so costs little."""

    @model_validator(mode="wrap")
    @classmethod
    def _few_mistakes(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        check_unknown(cls, data)
        try:
            return handler(data)
        except ValidationError as error:
            if error.error_count() <= MOST_MISTAKES:
                raise
            said = f"{error.error_count():,} things are wrong with it, too many to name"
        raise InvalidInput([FieldProblem("", said)])


def storable(text: str) -> str:
    """Return `text` with NUL and lone surrogates replaced by U+FFFD; the length stays the same."""
    return _UNSTORABLE.sub("\ufffd", text)


def storable_json(value: Any) -> Any:
    """Return a JSON value with `storable` applied to every string in it, keys included."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [storable_json(item) for item in value]
    if isinstance(value, dict):
        return {storable(str(key)): storable_json(item) for key, item in value.items()}
    return value


def _as_utc(moment: datetime) -> datetime:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("too near the beginning or the end of time") from None


def _written(value: Any) -> Any:
    """A number could be seconds or milliseconds, and a misplaced one passes for a time in 1970."""
    if isinstance(value, bool | int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise ValueError("write a time such as 2026-11-02T10:15:00Z")
    return value


Moment = Annotated[datetime, BeforeValidator(_written), AfterValidator(_as_utc)]
"""A time in UTC; one without a zone is read as UTC."""

Text = Annotated[str, AfterValidator(storable)]
"""Any text, safe to store."""

LONGEST_NAME = 200
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME), AfterValidator(storable)]
"""An identifier, name or title: 1 to 200 characters."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$")]
"""A name that is safe in URLs and files: lower-case Latin letters, digits, `-` and `_`, at most 80."""
