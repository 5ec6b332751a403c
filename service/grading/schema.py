"""The JSON schemas of answers, within what strict structured output allows: every object closed, every key
required, the keys of a dimension in the order in which the prompt wants them decided.

What several dimensions share is written once, under `$defs`: a schema is paid for like the rest of a prompt.
"""

import json
from collections.abc import Iterable
from typing import Any

from service.domain.facts import FactName
from service.domain.scorecard import About, Dimension
from service.grading.facts import facts_schema, stated_definition

_INTEGER = {"type": "integer"}
_STRING = {"type": "string"}
_QUOTES: dict[About, str] = {
    "agent": "agent_quote",
    "customer": "customer_quote",
    "conversation": "any_quote",
}


def answer_schema(
    dimensions: Iterable[Dimension], *, coaching: bool = True, facts: Iterable[FactName] = ()
) -> dict[str, Any]:
    """Return the schema of an answer on `dimensions`, with or without strengths and improvements, and on the
    facts named.
    """
    asked, names = list(dimensions), tuple(facts)
    entries = {d.id: _dimension(d) for d in asked}
    shared = _shared(entries.values())
    properties: dict[str, Any] = {
        "dimensions": _closed({d: _reference(entry, shared) for d, entry in entries.items()})
    }
    if coaching and asked:
        point = {"dimension": {"type": "string", "enum": [d.id for d in asked]}, "text": _STRING}
        definition = _closed({**point, "turn": _INTEGER, "quote": _STRING})
        points = {"type": "array", "items": {"$ref": "#/$defs/point"}}
        properties |= {"strengths": points, "improvements": points}
        shared = {**shared, _key(definition): ("point", definition)}
    if names:
        properties["facts"] = _closed(facts_schema(names))
    named = dict(shared.values())
    return {**_closed(properties), "$defs": {**_definitions(asked, bool(names)), **named}}


def collect_schema(dimensions: Iterable[Dimension]) -> dict[str, Any]:
    """Return the schema of what a reader of one part of a conversation sets down."""
    quotes = {"$ref": "#/$defs/any_quotes"}
    properties = {
        "dimensions": _closed({d.id: quotes for d in dimensions}),
        "contact": quotes,
        "summary": _STRING,
    }
    return {**_closed(properties), "$defs": _quotes("any_quote")}


def _definitions(asked: list[Dimension], facts: bool) -> dict[str, Any]:
    used = {_QUOTES[dimension.about] for dimension in asked} | ({"any_quote"} if facts else set())
    absence = {"looked_for": _STRING, "from_turn": _INTEGER, "to_turn": _INTEGER}
    return {
        **{name: part for key in sorted(used) for name, part in _quotes(key).items()},
        **({"absence": {"anyOf": [_closed(absence), {"type": "null"}]}} if asked else {}),
        **({"stated": stated_definition()} if facts else {}),
    }


def _quotes(name: str) -> dict[str, Any]:
    """Return the definitions of a quote and of a list of them; the name says whose words they are."""
    quote = _closed({"turn": _INTEGER, "quote": _STRING})
    return {name: quote, f"{name}s": {"type": "array", "items": {"$ref": f"#/$defs/{name}"}}}


def _dimension(dimension: Dimension) -> dict[str, Any]:
    return _closed(
        {
            "applies": {"type": "boolean"},
            "evidence": {"$ref": f"#/$defs/{_QUOTES[dimension.about]}s"},
            "absence": {"$ref": "#/$defs/absence"},
            "rationale": _STRING,
            "level": _level(dimension),
        }
    )


def _level(dimension: Dimension) -> dict[str, Any]:
    values = [level.level for level in dimension.scale.levels]
    kind = "integer" if dimension.scale.type == "ordinal" else "string"
    level = {"type": kind, "enum": values}
    return level if dimension.not_applicable is None else {"anyOf": [level, {"type": "null"}]}


def _shared(entries: Iterable[dict[str, Any]]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return name and content of each entry that occurs more than once, by its canonical JSON."""
    keys = [(_key(entry), entry) for entry in entries]
    seen = [key for key, _ in keys]
    repeated = {key: entry for key, entry in keys if seen.count(key) > 1}
    return {key: (f"answer_{n}", entry) for n, (key, entry) in enumerate(repeated.items(), 1)}


def _reference(entry: dict[str, Any], shared: dict[str, tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    name, _ = shared.get(_key(entry), ("", entry))
    return {"$ref": f"#/$defs/{name}"} if name else entry


def _key(entry: dict[str, Any]) -> str:
    return json.dumps(entry)


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
