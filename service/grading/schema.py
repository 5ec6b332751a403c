"""The JSON schema of an answer, within what strict structured output allows: every object closed, every key
required, the keys of a dimension in the order in which the prompt wants them decided.
"""

from collections.abc import Iterable
from typing import Any

from service.domain.scorecard import About, Dimension

_INTEGER = {"type": "integer"}
_STRING = {"type": "string"}
_QUOTES: dict[About, str] = {
    "agent": "agent_quote",
    "customer": "customer_quote",
    "conversation": "any_quote",
}
_SPEAKERS = {
    "agent_quote": "Words from one turn by the agent.",
    "customer_quote": "Words from one turn by the customer.",
    "any_quote": "Words from one turn.",
}


def answer_schema(dimensions: Iterable[Dimension], *, coaching: bool = True) -> dict[str, Any]:
    """Return the schema of an answer on `dimensions`, with or without strengths and improvements."""
    asked = list(dimensions)
    properties: dict[str, Any] = {"dimensions": _closed({d.id: _dimension(d) for d in asked})}
    if coaching:
        point = {"dimension": {"type": "string", "enum": [d.id for d in asked]}, "text": _STRING}
        points = {"type": "array", "items": _closed({**point, "turn": _INTEGER, "quote": _STRING})}
        properties |= {"strengths": points, "improvements": points}
    return {**_closed(properties), "$defs": _definitions(asked)}


def _definitions(asked: list[Dimension]) -> dict[str, Any]:
    used = sorted({_QUOTES[dimension.about] for dimension in asked})
    quote = {"turn": _INTEGER, "quote": _STRING}
    quotes = {name: {**_closed(quote), "description": _SPEAKERS[name]} for name in used}
    absence = {"looked_for": _STRING, "from_turn": _INTEGER, "to_turn": _INTEGER}
    return {**quotes, "absence": _closed(absence)}


def _dimension(dimension: Dimension) -> dict[str, Any]:
    return _closed(
        {
            "applies": {"type": "boolean"},
            "evidence": {"type": "array", "items": {"$ref": f"#/$defs/{_QUOTES[dimension.about]}"}},
            "absence": {"anyOf": [{"$ref": "#/$defs/absence"}, {"type": "null"}]},
            "rationale": _STRING,
            "level": _level(dimension),
        }
    )


def _level(dimension: Dimension) -> dict[str, Any]:
    values = [level.level for level in dimension.scale.levels]
    kind = "integer" if dimension.scale.type == "ordinal" else "string"
    level = {"type": kind, "enum": values}
    return level if dimension.not_applicable is None else {"anyOf": [level, {"type": "null"}]}


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
