"""Dimensions that are asked only under a condition (`ask_when`): closed before grading where the
conversation's metrics or metadata say so, afterwards where another grade does. The same for every grader.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from service.domain.base import Model
from service.domain.grade import Grade, NotApplicable, Outcome, Ungraded, UngradedReason
from service.domain.scorecard import (
    AskWhen,
    Dimension,
    Scorecard,
    Section,
    WhenDimension,
    WhenMetadata,
    WhenMetric,
)
from service.domain.transcript import Conversation


class Opening(NamedTuple):
    """What is left to ask: the card without the closed dimensions (None when all are closed), and why each of
    the others is closed, by dimension id.
    """

    card: Scorecard | None
    closed: dict[str, NotApplicable]


def open_dimensions(card: Scorecard, conversation: Conversation) -> Opening:
    """Close what the conversation's metrics and metadata close; a missing metric or field closes too."""
    closed: dict[str, NotApplicable] = {}
    for dimension in card.dimensions:
        condition = dimension.ask_when
        if condition is not None and _is_closed(condition, conversation, closed):
            closed[dimension.id] = NotApplicable(reason=asked_only_when(condition))
    return Opening(_without(card, closed) if closed else card, closed)


def apply_conditions(card: Scorecard, grades: Sequence[Grade]) -> tuple[Grade, ...]:
    """Return `grades` in card order with what hangs on another grade closed where that grade says so.

    Where the grade it hangs on is missing, a dimension is ungraded, unless it does not apply anyway.
    """
    given = {grade.dimension: grade for grade in grades}
    decided: dict[str, Grade] = {}
    for dimension in card.dimensions:
        if dimension.id in given:
            grade = given[dimension.id]
            outcome = _outcome_of_condition(dimension, grade, decided)
            section = card.section_of[dimension.id]
            decided[dimension.id] = (
                grade if outcome is None else Grade.of(dimension, section, outcome, grade.grader)
            )
    return tuple(decided.values())


def asked_only_when(condition: AskWhen) -> str:
    """Return the condition in words: ``asked only when hold_s is above 0``."""
    match condition:
        case WhenMetric(metric=metric, above=above, below=below):
            bounds = [f"{word} {x:g}" for word, x in (("above", above), ("below", below)) if x is not None]
            return f"asked only when {metric} is {' and '.join(bounds)}"
        case WhenMetadata(metadata=field, in_=values):
            return f"asked only when {field} is {' or '.join(str(value) for value in values)}"
        case WhenDimension(dimension=dimension, level=level):
            return f"asked only when {dimension} is {level}"


def _outcome_of_condition(dimension: Dimension, grade: Grade, decided: dict[str, Grade]) -> Outcome | None:
    """Return what the condition makes of `grade`, or None when it leaves it alone."""
    condition = dimension.ask_when
    if not isinstance(condition, WhenDimension):
        return None
    other = decided.get(condition.dimension)
    if other is None or other.outcome == "ungraded":
        stays = grade.outcome == "not_applicable"
        return None if stays else Ungraded(reason=UngradedReason.NO_CONDITION)
    met = other.outcome == "graded" and other.level == condition.level
    return None if met else NotApplicable(reason=asked_only_when(condition))


def _is_closed(condition: AskWhen, conversation: Conversation, closed: Mapping[str, NotApplicable]) -> bool:
    """Whether `condition` cannot be met: what hangs on a closed dimension is closed with it."""
    match condition:
        case WhenMetric(metric=metric, above=above, below=below):
            value = conversation.metrics.get(metric)
            inside = (
                value is not None and (above is None or value > above) and (below is None or value < below)
            )
            return not inside
        case WhenMetadata(metadata=field, in_=values):
            missing = field not in conversation.metadata
            return missing or not any(_same(conversation.metadata[field], value) for value in values)
        case WhenDimension(dimension=dimension):
            return dimension in closed


def _same(left: JsonValue, right: JsonValue) -> bool:
    """Whether two JSON values are equal; unlike in Python, ``true`` is not 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _without(card: Scorecard, closed: dict[str, NotApplicable]) -> Scorecard | None:
    """Return the card without the closed dimensions. What hung on one of them is closed as well."""
    sections = tuple(
        Section.model_validate({**_fields(section), "dimensions": kept})
        for section in card.sections
        if (kept := tuple(d for d in section.dimensions if d.id not in closed))
    )
    return Scorecard.model_validate({**_fields(card), "sections": sections}) if sections else None


def _fields(model: Model) -> dict[str, object]:
    """Return the fields alone: a model's dictionary also holds what was cached from them."""
    return {name: getattr(model, name) for name in type(model).model_fields}
