"""Verdicts as other tools write them, as labels on a scale of ours."""

import math
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from evals.datasets.entry import Found, Reading
from service.domain.errors import InvalidInput, field_problems, json_pointer
from service.domain.label import NOT_APPLICABLE, Label
from service.domain.scorecard import Dimension, LevelValue, Scale, Scorecard

_ABSENT = {"na", "n/a", "not applicable", "not_applicable"}


def level_on(scale: Scale, value: object) -> LevelValue | None:
    """Return the level that `value` means: itself, a number written as text or as 4.0, a truth value on
    yes/no scales, a level or its name in other case, or a word for "not applicable". None for all else.
    """
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        value = int(value)
    known = scale.find(value)
    if known is not None:
        return known.level
    return _written(scale, value.strip().casefold()) if isinstance(value, str) else None


def _written(scale: Scale, word: str) -> LevelValue | None:
    for level in scale.levels:
        if word in (str(level.level).casefold(), (level.label or "").casefold() or None):
            return level.level
    return NOT_APPLICABLE if word in _ABSENT else None


def take_labels(found: Found, value: object, pointer: str, reading: Reading, rater: str) -> None:
    """Add labels from a mapping of dimensions to levels, or from a list of objects like labels of ours."""
    if isinstance(value, Mapping):
        for name, given in value.items():
            take_level(found, str(name), given, pointer + json_pointer([str(name)]), reading, rater)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            _take_object(found, one, f"{pointer}/{number}", reading, rater)
    else:
        found.add_problem(pointer, "labels are an object of dimensions and levels, or a list of labels")


def take_level(found: Found, name: str, given: object, pointer: str, reading: Reading, rater: str) -> None:
    """Add one label on the dimension called `name`, or say why that is none."""
    dimension = reading.dimension_called(name)
    if dimension is None:
        found.add_problem(pointer, unknown_dimension(reading.card, name))
        return
    level = level_on(dimension.scale, given)
    if level is None:
        found.add_problem(pointer, off_the_scale(dimension, given))
        return
    found.labels.append(Label(dimension=dimension.id, rater=rater, level=level))


def take_verdict(found: Found, given: object, pointer: str, reading: Reading, rater: str) -> None:
    """Add the label of a format that has one verdict and does not say on what."""
    dimension = reading.asked_dimension
    if dimension is None:
        found.add_problem(pointer, "this is a verdict on one thing; say on which with --dimension")
    else:
        take_level(found, dimension.id, given, pointer, reading, rater)


def dimensions_in(reading: Reading, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of `fields` that are called like a dimension of the card."""
    return {name: fields[name] for name in fields if reading.dimension_called(name) is not None}


def _take_object(found: Found, one: object, pointer: str, reading: Reading, rater: str) -> None:
    if not isinstance(one, Mapping) or "dimension" not in one or "level" not in one:
        found.add_problem(pointer, "a label has to have dimension and level")
        return
    before = len(found.labels)
    take_level(found, str(one["dimension"]), one["level"], f"{pointer}/level", reading, rater)
    if len(found.labels) == before:
        return
    level = found.labels.pop().level
    try:
        found.labels.append(read_label({"rater": rater, **one, "level": level}))
    except InvalidInput as error:
        found.add_problems(pointer, error)


def read_label(data: object) -> Label:
    """Return a label of ours. Raises InvalidInput with pointers relative to it."""
    try:
        return Label.model_validate(data)
    except ValidationError as error:
        raise InvalidInput(field_problems(error.errors(include_url=False, include_input=False))) from None


def unknown_dimension(card: Scorecard, name: str) -> str:
    """Return the sentence about a dimension that the card does not have."""
    known = [dimension.id for dimension in card.dimensions]
    near = get_close_matches(name[:80], known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(known)}"
    return f"the scorecard {card.name!r} has no dimension {name[:80]!r}; {hint}"


def off_the_scale(dimension: Dimension, given: object) -> str:
    """Return the sentence about a level that the dimension's scale does not have."""
    known = [level.level for level in dimension.scale.levels]
    if isinstance(given, str) and given.strip() in map(str, known):
        text = f"{given[:40]!r} is a text, and the levels of {dimension.id!r} are numbers"
        return f"{text}: write {given.strip()}, without quotes"
    levels = ", ".join(map(str, known))
    na = f" or {NOT_APPLICABLE}" if dimension.not_applicable else ""
    return f"{str(given)[:40]!r} is not on the scale of {dimension.id!r}, which has {levels}{na}"
