"""Reads labelled sets, told apart by their content: Presidio's evaluation format, and ours.

| format | one record |
|---|---|
| Presidio's | `{"full_text", "spans": [{"entity_type", "start_position", "end_position"}]}` |
| ours | `{"conversation": {…}, "entities": [{"turn", "start", "end", "type"}]}` |

Either as a JSON list, as one JSON object, or as JSON lines; other keys of Presidio's records are left alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from evals.datasets.values import read_values
from evals.redaction.example import ANY, Example, Span
from service.domain.errors import FieldProblem, InvalidInput, field_problems
from service.domain.transcript import MAX_CHARACTERS, Conversation, Language, Turn

EXPECTED = (
    'expected are records {"full_text", "spans"} or {"conversation", "entities"}, '
    "as a JSON list, as one object, or one object a line"
)
"""What a set looks like, for who gave something else."""

_HELD = 64_000_000
"""Bytes of files whose records are held, to say how many there are; larger ones are read bit by bit."""


def _not_any(name: str) -> str:
    if name == ANY:
        raise ValueError(f"{ANY} is the name of the row over all types")
    return name


_TypeName = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_not_any)]
_Offset = Annotated[int, Field(ge=0, strict=True)]


class Record(NamedTuple):
    """One record of a data set, or what is wrong with it. `where` names the file and the line or item."""

    where: str
    example: Example | InvalidInput


class _Loose(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _PresidioSpan(_Loose):
    entity_type: _TypeName
    start_position: _Offset
    end_position: _Offset
    entity_value: str | None = None


class _PresidioRecord(_Loose):
    full_text: Annotated[str, StringConstraints(max_length=MAX_CHARACTERS, pattern=r"\S")]
    spans: tuple[_PresidioSpan, ...]

    def to_example(self, where: str, language: Language | None) -> Example:
        """Return the text as a conversation of one turn by a customer."""
        turns = (Turn(speaker="customer", text=self.full_text),)
        spans = tuple(Span(0, s.start_position, s.end_position, s.entity_type) for s in self.spans)
        return Example(where, Conversation(language=language, turns=turns), spans)

    @model_validator(mode="after")
    def _spans_are_in_the_text(self) -> "_PresidioRecord":
        for number, span in enumerate(self.spans):
            start, end = span.start_position, span.end_position
            _check_place(start, end, self.full_text, ("spans", number, "end_position"))
            if span.entity_value not in (None, self.full_text[start:end]):
                problem = "this is not the text at its positions, which are code points from 0, end exclusive"
                raise _wrong(problem, ("spans", number, "entity_value"))
        return self


class _OurSpan(_Loose):
    turn: _Offset
    start: _Offset
    end: _Offset
    type: _TypeName


class _OurRecord(_Loose):
    conversation: Conversation
    entities: tuple[_OurSpan, ...]

    def to_example(self, where: str, language: Language | None) -> Example:
        """Return the conversation as it stands; a language given wins over its own."""
        spans = tuple(Span(entity.turn, entity.start, entity.end, entity.type) for entity in self.entities)
        update = {} if language is None else {"language": language}
        return Example(where, self.conversation.model_copy(update=update), spans)

    @model_validator(mode="after")
    def _entities_are_in_their_turns(self) -> "_OurRecord":
        turns = self.conversation.turns
        for number, entity in enumerate(self.entities):
            if entity.turn >= len(turns):
                problem = f"there is no turn {entity.turn}; the turns are 0 to {len(turns) - 1}"
                raise _wrong(problem, ("entities", number, "turn"))
            _check_place(entity.start, entity.end, turns[entity.turn].text, ("entities", number, "end"))
        return self


def _check_place(start: int, end: int, text: str, at: tuple[str | int, ...]) -> None:
    if start >= end:
        raise _wrong(f"the span ends ({end}) where it starts ({start}), or before", at)
    if end > len(text):
        raise _wrong(f"the span ends at {end}, and the text is {len(text)} code points long", at)


def _wrong(problem: str, at: tuple[str | int, ...]) -> PydanticCustomError:
    return PydanticCustomError("misplaced", "{problem}", {"problem": problem, "at": at})


def hold(paths: list[str], records: Iterable[Record], *, always: bool) -> Sequence[Record] | Iterable[Record]:
    """Return the records as a list when they are asked for `always`, or come from files of modest size."""
    is_small = all(Path(path).is_file() for path in paths) and (
        sum(Path(path).stat().st_size for path in paths) <= _HELD
    )
    return list(records) if always or is_small else records


def read_dataset(paths: list[str], language: Language | None = None) -> Iterator[Record]:
    """Yield the records of all files in order; `-` is standard input. What cannot be read is a record too."""
    for path in paths:
        for value in read_values(path, EXPECTED, yaml=False):
            where = f"{path}, {value.place}" if value.place else path
            yield Record(where, _example(value.data, where, language))


def _example(value: Any, where: str, language: Language | None) -> Example | InvalidInput:
    if isinstance(value, InvalidInput):
        return value
    try:
        return _shape(value).model_validate(value).to_example(where, language)
    except ValidationError as error:
        return InvalidInput(field_problems(error.errors(include_url=False, include_input=False)))
    except InvalidInput as error:
        return error


def _shape(value: Any) -> type[_PresidioRecord] | type[_OurRecord]:
    if isinstance(value, dict) and "full_text" in value:
        return _PresidioRecord
    if isinstance(value, dict) and "conversation" in value:
        return _OurRecord
    problem = "a record has to have full_text and spans, or conversation and entities"
    raise InvalidInput([FieldProblem("", problem)])
