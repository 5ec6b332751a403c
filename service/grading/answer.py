"""The model's answer, read without trusting any of it: nothing in here raises, whatever the model wrote."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from service.domain.base import storable
from service.domain.grade import UngradedReason
from service.domain.scorecard import Dimension, LevelValue, Scale
from service.grading.defences import ALL_ON, Defences

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}", re.ASCII)

_THOUGHTS, _END_OF_THOUGHTS = "<think>", "</think>"

# Prose around an answer may hold a brace or two; text with more is not searched for ever.
_MAX_STARTS = 200


@dataclass(frozen=True, slots=True)
class Claim:
    """A quote as the model gave it, not yet checked. `turn` is None where it gave no number."""

    turn: int | None
    quote: str


@dataclass(frozen=True, slots=True)
class AbsenceClaim:
    """What the model says it looked for in vain, not yet checked."""

    looked_for: str
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class DimensionAnswer:
    """The answer on one dimension, in shape; `level` is on the scale, or None when it does not apply."""

    applies: bool
    evidence: tuple[Claim, ...]
    absence: AbsenceClaim | None
    rationale: str
    level: LevelValue | None


@dataclass(frozen=True, slots=True)
class ProposedPoint:
    """A coaching point as the model gave it, not yet checked."""

    dimension: str
    text: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: for each dimension that was asked, what the model said or why it cannot be used.

    `facts` are as they came; `grading.facts` reads them.
    """

    dimensions: dict[str, DimensionAnswer | UngradedReason]
    strengths: tuple[ProposedPoint, ...] = ()
    improvements: tuple[ProposedPoint, ...] = ()
    facts: dict[str, Any] | None = None
    readable: bool = True


def find_document(text: str, *, one_only: bool = True) -> dict[str, Any] | None:
    """Return the JSON object with a key `dimensions` that `text` holds, or None if there is none, or several
    that differ. `one_only` off takes the last one.
    """
    found = _objects(text[thoughts_end(text) :])
    return found[-1] if len(found) == 1 or (found and not one_only) else None


def read_answer(text: str, asked: Iterable[Dimension], defences: Defences = ALL_ON) -> Answer:
    """Return what `text` says on the dimensions `asked`; what it says on others is ignored.

    The JSON object may stand in a code fence, in prose or after thoughts (`<think>…</think>`). A part of an
    object counts for nothing, and so do two answers that differ: one of them may have been planted in the
    transcript and repeated from there.
    """
    document = find_document(text, one_only=defences.one_answer)
    if document is None:
        return Answer({dimension.id: UngradedReason.BAD_ANSWER for dimension in asked}, readable=False)
    given = document["dimensions"]
    return Answer(
        {dimension.id: _read_dimension(given, dimension, defences) for dimension in asked},
        _read_points(document.get("strengths")),
        _read_points(document.get("improvements")),
        facts if isinstance(facts := document.get("facts"), dict) else None,
    )


def read_level(scale: Scale, value: object) -> LevelValue | None:
    """Return the level that `value` names, or None. ``"3"`` and ``3.0`` name the number 3 on an ordinal
    scale.
    """
    level = scale.find(value)
    if level is not None:
        return level.level
    number = _whole_number(value) if scale.type == "ordinal" else None
    found = None if number is None else scale.find(number)
    return None if found is None else found.level


def _highest(scale: Scale) -> LevelValue:
    """Return what a lenient reader makes of a level that is off the scale, such as 10 of 5."""
    return max(scale.levels, key=lambda level: level.points).level


def thoughts_end(text: str) -> int:
    """Return the offset behind the thoughts that `text` begins with. A mark anywhere else may be quoted
    speech.
    """
    if not text.lstrip().startswith(_THOUGHTS):
        return 0
    end = text.find(_END_OF_THOUGHTS)
    return len(text) if end < 0 else end + len(_END_OF_THOUGHTS)


def _objects(text: str) -> list[dict[str, Any]]:
    """Return the different objects of the right form that stand in `text`."""
    found: list[dict[str, Any]] = []
    at = text.find("{")
    for _ in range(_MAX_STARTS):
        if at < 0:
            break
        value, end = _decode(text, at)
        if isinstance(value, dict) and isinstance(value.get("dimensions"), dict) and value not in found:
            found.append(value)
        at = text.find("{", end)
    return found


def _decode(text: str, at: int) -> tuple[object, int]:
    """Return the JSON value that begins at `at` and where it ends; without one, None and `at + 1`."""
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None, at + 1


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says two things under one key: which of them would count?"""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key occurs twice")
    return dict(pairs)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_without_doubles)


def _read_dimension(
    given: dict[str, Any], dimension: Dimension, defences: Defences
) -> DimensionAnswer | UngradedReason:
    if given.get(dimension.id) is None:
        return UngradedReason.NO_ANSWER
    entry = given[dimension.id]
    if not isinstance(entry, dict) or not isinstance(entry.get("applies"), bool):
        return UngradedReason.BAD_ANSWER
    if not entry["applies"] and dimension.not_applicable is None:
        return UngradedReason.NA_NOT_ALLOWED
    level = _read_entry_level(entry, dimension)
    if level is UngradedReason.BAD_LEVEL and not defences.levels:
        level = _highest(dimension.scale)
    if isinstance(level, UngradedReason):
        return level
    return _read_entry(entry, level)


def _read_entry_level(entry: dict[str, Any], dimension: Dimension) -> LevelValue | UngradedReason | None:
    raw = entry.get("level")
    if not entry["applies"]:
        # An answer that does not apply and yet has a level contradicts itself; neither half is taken.
        return None if raw is None else UngradedReason.BAD_ANSWER
    if raw is None:
        return UngradedReason.NO_ANSWER
    level = read_level(dimension.scale, raw)
    return UngradedReason.BAD_LEVEL if level is None else level


def _read_entry(entry: dict[str, Any], level: LevelValue | None) -> DimensionAnswer | UngradedReason:
    evidence, absence, rationale = entry.get("evidence"), entry.get("absence"), entry.get("rationale")
    well_formed = (
        (evidence is None or isinstance(evidence, list))
        and (absence is None or isinstance(absence, dict))
        and isinstance(rationale, str)
        and rationale.strip() != ""
    )
    if not well_formed:
        return UngradedReason.BAD_ANSWER
    return DimensionAnswer(
        applies=entry["applies"],
        evidence=read_claims(evidence),
        absence=None if absence is None else _read_absence(absence),
        rationale=storable(str(rationale).strip()),
        level=level,
    )


def read_claims(items: object) -> tuple[Claim, ...]:
    """Return the quotes in a list; something else than a list holds none."""
    return tuple(_read_claim(item) for item in items) if isinstance(items, list) else ()


def _read_claim(item: object) -> Claim:
    """Return the claim; one of an unknown shape becomes a claim that no check will pass."""
    if not isinstance(item, dict) or not isinstance(item.get("quote"), str):
        return Claim(None, "")
    return Claim(_whole_number(item.get("turn")), storable(item["quote"]))


def _read_absence(item: dict[str, Any]) -> AbsenceClaim:
    looked_for = item.get("looked_for")
    return AbsenceClaim(
        storable(looked_for) if isinstance(looked_for, str) else "",
        _whole_number(item.get("from_turn")),
        _whole_number(item.get("to_turn")),
    )


def _read_points(items: object) -> tuple[ProposedPoint, ...]:
    if not isinstance(items, list):
        return ()
    return tuple(point for item in items if (point := _read_point(item)) is not None)


def _read_point(item: object) -> ProposedPoint | None:
    if not isinstance(item, dict):
        return None
    dimension, text = item.get("dimension"), item.get("text")
    if not isinstance(dimension, str) or not isinstance(text, str) or not text.strip():
        return None
    return ProposedPoint(dimension, storable(text.strip()), _read_claim(item))


def _whole_number(value: object) -> int | None:
    """Return the whole number that `value` is or spells out (``3``, ``3.0``, ``"3"``), or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e9:
        return int(value)
    if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value.strip()):
        return int(value)
    return value if isinstance(value, int) and abs(value) < 10**9 else None
