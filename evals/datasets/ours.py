"""Our own format: `{"conversation": {…}, "labels": [{…}], "floors": {…}}`, or a conversation alone."""

from difflib import get_close_matches
from typing import Any

from evals.datasets.entry import Found, Reading
from evals.datasets.verdicts import read_label
from service.domain.errors import InvalidInput, json_pointer
from service.formats.registry import resolve

_KEYS = ("conversation", "labels", "floors")


def is_ours(record: dict[str, Any]) -> bool:
    """Whether a record is in our format."""
    return bool({"conversation", "turns"} & record.keys()) or {"format", "content"} <= record.keys()


def read_ours(record: dict[str, Any], _reading: Reading) -> Found:
    """Return what stands in a record. A bad label does not take its conversation with it."""
    found = Found()
    if "conversation" not in record:
        beside: dict[str, Any] = {key: record[key] for key in ("labels", "floors") if key in record}
        record = {"conversation": {k: v for k, v in record.items() if k not in beside}, **beside}
    for key in record:
        if key not in _KEYS:
            found.add_problem(json_pointer([key]), _unknown(key))
    _take_conversation(found, record["conversation"])
    _take_labels(found, record.get("labels", []))
    _take_floors(found, record.get("floors") or {})
    return found


def _take_conversation(found: Found, given: object) -> None:
    if not isinstance(given, dict):
        found.add_problem("/conversation", "a conversation has to be a JSON object")
        return
    try:
        found.conversation = resolve(given)
    except InvalidInput as error:
        found.add_problems("/conversation", error)


def _take_labels(found: Found, given: object) -> None:
    if not isinstance(given, list):
        found.add_problem("/labels", "this has to be a list of labels")
        return
    for number, one in enumerate(given):
        try:
            found.labels.append(read_label(one))
        except InvalidInput as error:
            found.add_problems(f"/labels/{number}", error)


def _take_floors(found: Found, given: object) -> None:
    if not isinstance(given, dict):
        found.add_problem("/floors", "this has to be an object of dimensions and levels")
        return
    for name, level in given.items():
        if isinstance(level, bool) or not isinstance(level, int | str):
            found.add_problem("/floors" + json_pointer([name]), "a level is a whole number or a text")
        else:
            found.floors[name] = level


def _unknown(key: str) -> str:
    near = get_close_matches(key[:40], _KEYS, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"the keys are: {', '.join(_KEYS)}"
    return f"a record has no key {key[:40]!r}; {hint}"
