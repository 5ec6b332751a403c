"""What pydantic says about a scorecard file, put into words that tell a team lead what to change."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

from service.domain.errors import json_pointer
from service.domain.scorecard import (
    AppliesTo,
    Dimension,
    Example,
    Level,
    Scale,
    Scorecard,
    Section,
    SignalName,
    WhenDimension,
    WhenMetadata,
    WhenMetric,
)
from service.domain.yaml_source import Path, Problem, Source

_MODELS: dict[str, tuple[type[BaseModel], ...]] = {
    "": (Scorecard,),
    "applies_to": (AppliesTo,),
    "sections": (Section,),
    "dimensions": (Dimension,),
    "scale": (Scale,),
    "levels": (Level,),
    "examples": (Example,),
    "ask_when": (WhenDimension, WhenMetric, WhenMetadata),
}
_KIND = {
    "": "a scorecard",
    "applies_to": "applies_to",
    "sections": "a section",
    "dimensions": "a dimension",
    "scale": "a scale",
    "levels": "a level",
    "examples": "an example",
    "ask_when": "ask_when",
}
_EXAMPLES = {
    "name": "name: inbound-service",
    "title": "title: Inbound service",
    "language": "language: en",
    "languages": "languages: [en]",
    "pass_mark": "pass_mark: 75",
    "sections": "sections: with a list of sections below it",
    "dimensions": "dimensions: with a list of dimensions below it",
    "id": "id: greeting",
    "question": "question: Does the agent greet the customer?",
    "scale": "scale: with type: and levels: below it",
    "type": "type: yes_no (or ordinal, choice)",
    "levels": "levels: with at least two levels below it",
    "level": 'level: "yes" (a number on an ordinal scale)',
    "points": "points: with a number from 0 to 1",
    "anchor": "anchor: with what this level means in words",
    "dimension": "dimension: with the id of an earlier dimension",
    "quote": "quote: with the words that show the level",
    "metric": "metric: hold_s",
    "in": "in: with a list of values",
}
_NAMES_ONE_OF = re.compile(r"'([^']*)'")


def true_path(error: Any, data: Any) -> Path:
    """Return where `error` is in `data`: pydantic's location without the names of union members."""
    path: list[str | int] = []
    steps = list(error["loc"])
    for position, step in enumerate(steps):
        if position and steps[position - 1] == "ask_when":
            continue  # the name of the kind of condition
        if isinstance(data, dict) and (step in data or position == len(steps) - 1):
            path.append(step)
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            path.append(step)
            data = data[step]
    return (*path, *error.get("ctx", {}).get("at", ()))


def explain(source: Source, path: Path, error: Any) -> Iterator[Problem]:
    """Yield the problem that `error` at `path` stands for; nothing where another error already says it."""
    kind = str(error["type"])
    if kind == "missing":
        if _misspelt(source, path) is None:
            yield _missing(source, path)
    elif kind == "extra_forbidden":
        yield _unknown_key(source, path)
    else:
        message, remedy = _say(source, path, kind, error)
        mark = source.mark(path)
        yield Problem(mark.line, mark.column, json_pointer(path), message, remedy)


def _place(path: Path) -> str:
    """Return the key of `_MODELS` for the mapping at `path`."""
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _fields(place: str) -> list[str]:
    models = _MODELS.get(place, ())
    return [field.alias or name for model in models for name, field in model.model_fields.items()]


def _missing(source: Source, path: Path) -> Problem:
    name, place = str(path[-1]), _place(path[:-1])
    mark = source.mark(path[:-1])
    message = f"{_KIND.get(place, 'this')} needs the key {name!r}, which is missing here"
    return Problem(
        mark.line, mark.column, json_pointer(path), message, f"add {_EXAMPLES.get(name, name + ':')}"
    )


def _misspelt(source: Source, path: Path) -> str | None:
    """Return the unknown key beside the missing `path` that was probably meant to be it."""
    holder = _value(source.data, path[:-1])
    known = _fields(_place(path[:-1]))
    unknown = [key for key in holder if key not in known] if isinstance(holder, dict) else []
    return next((key for key in unknown if _closest(key, known) == path[-1]), None)


def _value(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _closest(word: str, known: list[str]) -> str | None:
    plain = word.strip().casefold().replace("-", "_").replace(" ", "_")[:60]
    return next(iter(get_close_matches(plain, known, n=1, cutoff=0.6)), None)


def _unknown_key(source: Source, path: Path) -> Problem:
    name, place = str(path[-1]), _place(path[:-1])
    mark = source.mark(path)
    message = f"{_KIND.get(place, 'this')} has no key {_short(name)!r}"
    return Problem(mark.key_line, mark.key_column, json_pointer(path), message, _instead(name, place))


def _instead(name: str, place: str) -> str:
    known = _fields(place)
    closest = _closest(name, known)
    if closest is not None:
        return f"did you mean {closest!r}?"
    homes = [_KIND[other] for other in _MODELS if name in _fields(other)]
    if homes:
        return f"it belongs to {' or '.join(homes)}; check the indentation"
    return f"the keys are: {', '.join(dict.fromkeys(known))}"


def _say(source: Source, path: Path, kind: str, error: Any) -> tuple[str, str]:
    """Return message and remedy for a value that is there and wrong."""
    name = next((step for step in reversed(path) if isinstance(step, str)), "the file")
    value, context = error.get("input"), error.get("ctx", {})
    raw = source.mark(path).raw if path in source.marks else None
    if name == "level" and isinstance(value, bool):
        return f"YAML reads an unquoted {raw} as a truth value", f'write level: "{"yes" if value else "no"}"'
    if kind in {"scorecard", "value_error"}:
        return _own_words(str(error["msg"]))
    if kind == "literal_error":
        return _one_of(name, value, raw, _NAMES_ONE_OF.findall(str(context["expected"])))
    if name == "level":
        return (
            f"level is {_shown(value, raw)}",
            "write a whole number on an ordinal scale, else a word in quotes",
        )
    if kind == "string_type":
        return _not_text(name, value, raw)
    if kind == "string_pattern_mismatch":
        return _not_a_slug(name, str(value))
    if kind in {"list_type", "tuple_type"}:
        return f"{name} has to be a list, it is {_shown(value, raw)}", _as_a_list(name, raw)
    if kind.startswith(("model", "dict")):
        return _not_a_mapping(name, path, value, raw)
    return _out_of_range(name, kind, value, raw, context) or (f"{name}: {error['msg']}", "correct the value")


def _as_a_list(name: str, raw: str | None) -> str:
    if name in _MODELS:
        return f"begin each of the {name} with - on a line below {name}:"
    return f"write {name}: [{raw or '...'}]"


def _own_words(message: str) -> tuple[str, str]:
    said, _, remedy = message.removeprefix("Value error, ").partition("; ")
    return said, remedy or "correct the value"


def _one_of(name: str, value: Any, raw: str | None, allowed: list[str]) -> tuple[str, str]:
    what = "signal" if tuple(allowed) == get_args(SignalName) else name
    closest = _closest(str(raw or value), allowed)
    guess = f"did you mean {closest!r}? " if closest else ""
    return f"{_shown(value, raw)} is no {what}", f"{guess}known are: {', '.join(allowed)}"


def _not_text(name: str, value: Any, raw: str | None) -> tuple[str, str]:
    if raw is None:
        return f"{name} has to be text, it is {_shown(value, raw)}", f"write {name}: and the text"
    if raw in {"", "~", "null"}:
        return f"{name} has no value", f"write the text after {name}:, or leave the key out if it is optional"
    return (
        f"YAML reads {_short(raw)} as {_kind_of(value)}, and {name} has to be text",
        f'write "{_short(raw)}" in quotes',
    )


def _not_a_slug(name: str, value: str) -> tuple[str, str]:
    suggestion = re.sub(r"[^a-z0-9_-]+", "-", value.lower()[:80]).strip("-_")
    example = suggestion or "greeting"
    message = (
        f"{name} may hold lower-case Latin letters, digits, - and _ only, at most 80; it is {_short(value)!r}"
    )
    return message, f"write {name}: {example}"


def _not_a_mapping(name: str, path: Path, value: Any, raw: str | None) -> tuple[str, str]:
    place = _place(path)
    keys = ", ".join(dict.fromkeys(_fields(place)))
    return (
        f"{_KIND.get(place, name)} has to be a mapping, it is {_shown(value, raw)}",
        f"write its keys: {keys}",
    )


def _out_of_range(name: str, kind: str, value: Any, raw: str | None, context: Any) -> tuple[str, str] | None:
    shown = _shown(value, raw)
    if kind.startswith(("float", "int", "finite")):
        return (
            f"{name} has to be a number, it is {shown}",
            f"write {_EXAMPLES.get(name, name + ': 1')} without quotes",
        )
    if kind == "greater_than":
        return (
            f"{name} has to be above {context['gt']:g}, it is {shown}",
            "leave it out for 1, or delete the entry",
        )
    if kind == "greater_than_equal":
        return f"{name} may not be below {context['ge']:g}, it is {shown}", f"write {context['ge']:g} or more"
    if kind == "less_than_equal":
        return f"{name} may not be above {context['le']:g}, it is {shown}", f"write {context['le']:g} or less"
    return _out_of_length(name, kind, context)


def _out_of_length(name: str, kind: str, context: Any) -> tuple[str, str] | None:
    if kind in {"too_short", "string_too_short"}:
        unit = "items" if kind == "too_short" else "characters"
        return f"{name} has fewer {unit} than the {context['min_length']} needed", "add what is missing"
    if kind in {"too_long", "string_too_long"}:
        unit = "items" if kind == "too_long" else "characters"
        return f"{name} has more {unit} than the {context['max_length']:,} allowed", "shorten it"
    return None


def _kind_of(value: Any) -> str:
    names = {bool: "a truth value", int: "a number", float: "a number", list: "a list", dict: "a mapping"}
    if value is None:
        return "nothing"
    return "text" if isinstance(value, str) else names.get(type(value), "a date")


def _shown(value: Any, raw: str | None) -> str:
    if raw and isinstance(value, str):
        return repr(_short(raw))
    return _kind_of(value) if not raw else f"{_short(str(raw))!r}, {_kind_of(value)}"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
