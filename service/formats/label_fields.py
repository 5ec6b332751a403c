"""One label as people write it down: what they call its fields, and how they write values."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from service.domain.base import LONGEST_NAME, MOST_UNKNOWN
from service.domain.errors import field_problems
from service.domain.label import NOT_APPLICABLE, ConversationLabel
from service.domain.label_import import RowProblem
from service.domain.scorecard import LevelValue

ALIASES: dict[str, tuple[str, ...]] = {
    "conversation": (
        "external_id",
        "conversation_id",
        "call_id",
        "contact_id",
        "ticket_id",
        "interaction_id",
    ),
    "evaluation": ("evaluation_id",),
    "dimension": ("criterion", "criteria", "question", "question_id", "dimension_id"),
    "rater": ("rater_id", "reviewer", "evaluator", "annotator", "labeller", "labeler", "assessor"),
    "level": ("score", "grade", "rating", "value", "answer"),
    "rationale": ("comment", "comments", "note", "notes", "reason", "explanation"),
    "blind": ("blinded", "is_blind"),
    "stratum": ("strata",),
    "probability": ("sampling_probability", "inclusion_probability"),
    "plan": ("plan_id", "label_plan"),
    "scorecard": ("card", "form"),
    "created_at": ("time", "timestamp", "date", "labelled_at", "labeled_at", "graded_at"),
}
"""The fields of a label, each with other names that tables have for it."""

LONGEST_RATIONALE = 20_000
LARGEST_LEVEL = 10**9

_CANONICAL = {name: field for field, names in ALIASES.items() for name in (field, *names)}
_TRUTH = {
    **dict.fromkeys(("yes", "true", "y", "1", "да", "是"), True),
    **dict.fromkeys(("no", "false", "n", "0", "нет", "否"), False),
}
_WORDS = {"yes": "yes", "no": "no", "true": "yes", "false": "no", "да": "yes", "нет": "no", "是": "yes"}
_WORDS |= {"否": "no"}
_NOT_APPLICABLE = {"na", "n/a", "n.a.", "not applicable", "not_applicable", "н/п", "不适用"}
_WHOLE = re.compile(r"[+-]?[0-9]{1,9}(?:[.,]0{1,9})?")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,30}(?:[.,][0-9]{0,30})?|[.,][0-9]{1,30})(?:e[+-]?[0-9]{1,4})?")
_NO_NUMBER = re.compile(r"[+-]?(?:nan|inf|infinity)")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ].{1,40})?")
_DIMENSION = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")


class Defaults(NamedTuple):
    """What holds for labels that do not say it themselves."""

    scorecard: str | None = None
    rater: str | None = None
    blind: bool | None = None


class GivenLabel(NamedTuple):
    """A label that could be read, and its row: line or position, counted from 1."""

    row: int
    label: ConversationLabel


def field_of(name: str) -> str | None:
    """Return the field that a column or key is about, None when it is none of ours."""
    return _CANONICAL.get(re.sub(r"[\s-]+", "_", name.strip().casefold()))


def to_label(
    row: int, given: Mapping[str, Any], defaults: Defaults, where: str = ""
) -> list[GivenLabel | RowProblem]:
    """Return the label that `given` (values by any of the fields' names) holds, or everything wrong with it.

    `where` stands before the names of fields in problems.
    """
    values, wrong = _named(given)
    for field, read in _READERS.items():
        if field in values:
            try:
                values[field] = read(values[field])
            except ValueError as error:
                wrong.append((field, str(error)))
    values = _completed(values, defaults)
    wrong += [(field, said) for field, said in _missing(values) if field not in dict(wrong)]
    if not wrong:
        try:
            return [GivenLabel(row, ConversationLabel.model_validate(values))]
        except ValidationError as error:
            wrong = [(p.pointer[1:], p.detail) for p in field_problems(error.errors())]
    return [RowProblem(row=row, field=f"{where}{field}", detail=detail) for field, detail in wrong]


def _named(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return values by field, without those that are empty, and what is wrong with the names."""
    if len(given) > MOST_UNKNOWN:
        return {}, [("", f"there are over {MOST_UNKNOWN:,} fields; a label has: {', '.join(ALIASES)}")]
    values: dict[str, Any] = {}
    wrong = []
    for name, value in given.items():
        field = field_of(name)
        if field is None:
            wrong.append((name[:40], f"no such field; a label has: {', '.join(ALIASES)}"))
        elif field in values:
            wrong.append((name[:40], f"{field!r} is said twice; leave one out"))
        elif value is not None and not (isinstance(value, str) and not value.strip()):
            values[field] = value
    return values, wrong


def _completed(values: dict[str, Any], defaults: Defaults) -> dict[str, Any]:
    known = {name: value for name, value in defaults._asdict().items() if value is not None}
    return {**known, **values}


def _missing(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    remedies = {
        "dimension": "it is missing; name a dimension of the scorecard",
        "rater": "it is missing; say who graded, or give a rater for all that do not say",
        "level": "it is missing; give a level of the scale, or na",
    }
    missing = [(field, remedy) for field, remedy in remedies.items() if field not in values]
    if "conversation" not in values and "evaluation" not in values:
        missing.append(("conversation", "it is missing; give the external_id, or an evaluation's id"))
    return missing


def _level(value: object) -> LevelValue:
    """Return a whole number, a word, or ``"na"``; what it means on a scale is for others to say."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _whole(value)
    if not isinstance(value, str):
        raise ValueError("a level is a number or a word")
    text = value.strip()
    folded = text.casefold()
    if folded in _NOT_APPLICABLE:
        return NOT_APPLICABLE
    if _NO_NUMBER.fullmatch(folded):
        raise ValueError(
            f"{text} is no level; write na where the dimension does not apply, or leave it empty"
        )
    if _WHOLE.fullmatch(text):
        return int(re.split("[.,]", text)[0])
    if _NUMBER.fullmatch(folded):
        number = float(folded.replace(",", "."))
        if math.isfinite(number) and number == int(number):
            return _whole(number)
        raise ValueError(
            f"{text[:20]} is not a whole number; levels are those of the scale, not means of them"
        )
    return _WORDS.get(folded, _short(text))


def _whole(value: int | float) -> int:
    if not abs(value) < LARGEST_LEVEL:
        raise ValueError("this is no level: levels are whole numbers or words of the scale")
    if value != int(value):
        raise ValueError(f"{value:g} is not a whole number; levels are those of the scale, not means of them")
    return int(value)


def _short(value: object) -> str:
    """Return a name; numbers are names too, where they are ids."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("this has to be text")
    text = str(value).strip() if isinstance(value, str) or abs(value) < 10**30 else ""
    if not 0 < len(text) <= LONGEST_NAME:
        raise ValueError(f"this has to be 1 to {LONGEST_NAME} characters")
    return text


def _dimension(value: object) -> str:
    text = _short(value)
    if not _DIMENSION.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no dimension; those have lower-case letters, digits, - and _")
    return text


def _rationale(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a rationale is text")
    if len(value) > LONGEST_RATIONALE:
        raise ValueError(f"a rationale has at most {LONGEST_RATIONALE:,} characters; shorten it")
    return value


def _blind(value: object) -> bool:
    truth = _TRUTH.get(str(value).strip().casefold())
    if truth is None:
        raise ValueError("say yes (the rater had not seen the machine's grade) or no")
    return truth


def _probability(value: object) -> float:
    try:
        number = float(str(value).strip().replace(",", "."))
    except ValueError:
        number = math.nan
    if not 0 < number <= 1:
        raise ValueError("a probability is a number above 0 and up to 1, such as 0.25")
    return number


def _moment(value: object) -> datetime:
    text = str(value).strip()
    try:
        if not _MOMENT.fullmatch(text):
            raise ValueError(text)
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("write times such as 2026-11-02T10:15:00Z or 2026-11-02") from None


_READERS: dict[str, Callable[[object], object]] = {
    "conversation": _short,
    "evaluation": _short,
    "dimension": _dimension,
    "rater": _short,
    "level": _level,
    "rationale": _rationale,
    "blind": _blind,
    "stratum": _short,
    "probability": _probability,
    "plan": _short,
    "scorecard": _short,
    "created_at": _moment,
}
