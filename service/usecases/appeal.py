"""What an appeal needs: the contested words found, the dimension's own small card, two answers compared."""

from collections.abc import Iterator

from service.domain.appeal import ContestedQuote
from service.domain.errors import FieldProblem, InvalidInput
from service.domain.grade import Evidence, Grade
from service.domain.scorecard import Dimension, Scorecard, Section, WhenDimension
from service.domain.transcript import RedactedConversation, Turn
from service.grading.evidence import EvidenceCheck, Fault


def found_quote(conversation: RedactedConversation, given: ContestedQuote) -> Evidence:
    """Return where the contested words stand. Raises InvalidInput when they were not said."""
    if given.turn is not None and given.turn >= len(conversation.turns):
        raise _wrong("/turn", f"there is no turn {given.turn}; turns count from 0")
    if given.text is not None:
        return _found(conversation, given.text, given.turn)
    assert given.turn is not None and given.start is not None and given.end is not None  # noqa: S101, PT018
    return _cut(conversation.turns[given.turn], given.turn, given.start, given.end)


def _found(conversation: RedactedConversation, text: str, turn: int | None) -> Evidence:
    check = EvidenceCheck(conversation)
    for number in range(len(conversation.turns)) if turn is None else [turn]:
        found = check.quote(number, text, "conversation")
        if not isinstance(found, Fault):
            return found
    where = "in the redacted transcript" if turn is None else f"in turn {turn} of the redacted transcript"
    raise _wrong("/text", f"these words do not stand {where}; personal data are placeholders there")


def _cut(turn: Turn, number: int, start: int, end: int) -> Evidence:
    if not start < end <= len(turn.text):
        raise _wrong("/end", f"turn {number} has {len(turn.text)} code points; start is before end")
    return Evidence(turn=number, speaker=turn.speaker, quote=turn.text[start:end], start=start, end=end)


def _wrong(pointer: str, detail: str) -> InvalidInput:
    return InvalidInput([FieldProblem(f"/quote{pointer}", detail)])


def card_of_one(card: Scorecard, dimension_id: str) -> Scorecard:
    """Return the card reduced to one dimension and those that it is asked on condition of."""
    wanted = set(_needed(card, dimension_id))
    sections = tuple(
        Section.model_validate({**_fields(section), "dimensions": kept})
        for section in card.sections
        if (kept := tuple(d for d in section.dimensions if d.id in wanted))
    )
    return Scorecard.model_validate({**_fields(card), "sections": sections})


def _needed(card: Scorecard, dimension_id: str) -> Iterator[str]:
    by_id: dict[str, Dimension] = {dimension.id: dimension for dimension in card.dimensions}
    name: str | None = dimension_id
    while name is not None:
        yield name
        condition = by_id[name].ask_when
        name = condition.dimension if isinstance(condition, WhenDimension) else None


def _fields(model: Scorecard | Section) -> dict[str, object]:
    return {name: getattr(model, name) for name in type(model).model_fields}


def same_answer(first: Grade, second: Grade) -> bool:
    """Whether two grades of one dimension say the same."""
    return (first.outcome, first.level) == (second.outcome, second.level)


def cites(grade: Grade, quote: Evidence) -> bool:
    """Whether the evidence of a grade overlaps words of the transcript."""
    return any(
        one.turn == quote.turn and one.start < quote.end and quote.start < one.end for one in grade.evidence
    )
