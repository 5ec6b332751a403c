"""promptfoo test cases: `vars` hold the conversation, `metadata` and `assert` what is expected of it.

evals/README.md has the table of what becomes what.
"""

from collections.abc import Mapping
from typing import Any

from evals.datasets.entry import Found, Reading
from evals.datasets.messages import is_conversation, read_conversation
from evals.datasets.verdicts import take_labels, take_verdict, unknown_dimension
from service.domain.errors import InvalidInput, json_pointer
from service.domain.scorecard import Dimension

RATER = "promptfoo"
CONVERSATION_KEYS = ("conversation", "transcript", "messages", "turns", "dialogue", "chat", "history")
_KNOWN_FIELDS = ("language", "channel", "call_type", "direction")
_RUBRICS = ("llm-rubric", "g-eval")


def is_promptfoo(record: dict[str, Any]) -> bool:
    """Whether a record is a test case of promptfoo's."""
    return "vars" in record


def read_promptfoo(record: dict[str, Any], reading: Reading) -> Found:
    """Return what stands in a test case."""
    found = Found()
    variables = record["vars"]
    if not isinstance(variables, dict):
        remedy = "files that vars refer to are not followed"
        found.add_problem("/vars", f"this has to be a mapping with the conversation in it; {remedy}")
        return found
    metadata = record.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    _take_conversation(found, record, variables, metadata)
    for place, holder in (("/metadata", metadata), ("/vars", variables)):
        if "labels" in holder:
            take_labels(found, holder["labels"], f"{place}/labels", reading, reading.rater or RATER)
    _take_assertions(found, record.get("assert"), reading)
    return found


def known_fields(*holders: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the first of `holders` that says it says of language, channel, call type and direction."""
    pairs = ((name, holder[name]) for holder in reversed(holders) for name in _KNOWN_FIELDS if name in holder)
    return {name: value for name, value in pairs if isinstance(value, str)}


def identified(*candidates: object) -> dict[str, str]:
    """Return the first of `candidates` that can be a conversation's id, as its `external_id`."""
    for one in candidates:
        if isinstance(one, int) and not isinstance(one, bool):
            return {"external_id": str(one)}
        if isinstance(one, str) and one.strip():
            return {"external_id": one.strip()[:200]}
    return {}


def _take_conversation(
    found: Found, record: dict[str, Any], variables: dict[str, Any], metadata: dict[str, Any]
) -> None:
    name = _conversation_key(variables)
    if name is None:
        names = ", ".join(map(str, variables)) or "none"
        wanted = ", ".join(CONVERSATION_KEYS)
        found.add_problem(
            "/vars", f"no variable holds a conversation; call it one of {wanted}; there is {names}"
        )
        return
    named = identified(metadata.get("id"), variables.get("id"), record.get("description"))
    try:
        read = read_conversation(variables[name])
    except InvalidInput as error:
        found.add_problems("/vars" + json_pointer([name]), error)
        return
    found.conversation = {**named, **known_fields(metadata, variables), **read}


def _conversation_key(variables: dict[str, Any]) -> str | None:
    for name in CONVERSATION_KEYS:
        if name in variables:
            return name
    fitting = [name for name, value in variables.items() if is_conversation(value)]
    return fitting[0] if len(fitting) == 1 else None


def _take_assertions(found: Found, given: object, reading: Reading) -> None:
    if given is None:
        return
    if not isinstance(given, list):
        found.add_problem("/assert", "this has to be a list of assertions")
        return
    for number, one in enumerate(given):
        if isinstance(one, dict):
            _take_assertion(found, one, f"/assert/{number}", reading)
        else:
            found.add_problem(f"/assert/{number}", "an assertion is a mapping with type and value")


def _take_assertion(found: Found, one: dict[str, Any], pointer: str, reading: Reading) -> None:
    kind, metric = one.get("type"), one.get("metric")
    if kind == "equals":
        if metric is None:
            take_verdict(found, one.get("value"), f"{pointer}/value", reading, reading.rater or RATER)
        else:
            verdict = {str(metric): one.get("value")}
            take_labels(found, verdict, f"{pointer}/value", reading, reading.rater or RATER)
    elif kind in _RUBRICS:
        _take_rubric(found, one, pointer, reading)
    else:
        found.notes.append(f"assertions of type {str(kind)[:40]!r} are about an answer and were not used")


def _take_rubric(found: Found, one: dict[str, Any], pointer: str, reading: Reading) -> None:
    metric = one.get("metric", reading.dimension)
    dimension = reading.dimension_called(metric)
    if metric is None:
        remedy = "name the dimension as metric, or leave it out"
        found.add_problem(f"{pointer}/metric", f"nothing says which dimension this rubric is about; {remedy}")
    elif dimension is None:
        found.add_problem(f"{pointer}/metric", unknown_dimension(reading.card, str(metric)))
    elif any(label.dimension == dimension.id for label in found.labels) and "threshold" not in one:
        found.notes.append("rubrics of dimensions that are labelled as well were not used")
    else:
        _take_floor(found, dimension, one.get("threshold"), f"{pointer}/threshold")


def _take_floor(found: Found, dimension: Dimension, threshold: object, pointer: str) -> None:
    is_number = isinstance(threshold, int | float) and not isinstance(threshold, bool)
    if not is_number or not 0 <= float(threshold) <= 1:  # type: ignore[arg-type]
        remedy = "give a threshold from 0 to 1, or the level in metadata.labels"
        found.add_problem(pointer, f"nothing says which level the rubric asks for; {remedy}")
        return
    enough = [level for level in dimension.scale.levels if level.points >= float(threshold)]  # type: ignore[arg-type]
    if not enough:
        found.add_problem(pointer, f"no level of {dimension.id!r} has that share of the points")
        return
    found.floors[dimension.id] = min(enough, key=lambda level: level.points).level
