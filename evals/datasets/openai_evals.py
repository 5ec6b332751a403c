"""OpenAI Evals samples: `{"input": …, "ideal": …}`, and the `{"item": {…}, "sample": {…}}` of the later API.

evals/README.md has the table of what becomes what.
"""

from typing import Any

from evals.datasets.entry import Found, Reading
from evals.datasets.messages import is_conversation, read_conversation
from evals.datasets.promptfoo import CONVERSATION_KEYS, identified, known_fields
from evals.datasets.verdicts import dimensions_in, take_labels, take_verdict
from service.domain.errors import InvalidInput, json_pointer
from service.formats.strict_json import load_json

RATER = "openai-evals"
_KEYS = (*CONVERSATION_KEYS, "input")
_VERDICTS = ("ideal", "choice", "label", "correct_label", "ground_truth", "expected")


def is_openai(record: dict[str, Any]) -> bool:
    """Whether a record is a sample of OpenAI Evals."""
    return "input" in record or isinstance(record.get("item"), dict)


def read_openai(record: dict[str, Any], reading: Reading) -> Found:
    """Return what stands in a sample."""
    found = Found()
    inside = isinstance(record.get("item"), dict)
    item, at = (record["item"], "/item") if inside else (record, "")
    _take_conversation(found, item, at, record.get("sample"))
    rater = reading.rater or RATER
    if "labels" in item:
        take_labels(found, item["labels"], f"{at}/labels", reading, rater)
    take_labels(found, dimensions_in(reading, item), at, reading, rater)
    _take_verdict(found, item, at, reading, rater)
    return found


def _take_conversation(found: Found, item: dict[str, Any], at: str, sample: object) -> None:
    name = _conversation_key(item)
    if name is None:
        wanted = ", ".join(_KEYS)
        found.add_problem(at, f"nothing here is a conversation; call it one of {wanted}")
        return
    try:
        read = read_conversation(item[name])
    except InvalidInput as error:
        found.add_problems(at + json_pointer([name]), error)
        return
    answer = sample.get("output_text") if isinstance(sample, dict) else None
    if isinstance(answer, str) and isinstance(read.get("turns"), list):
        read = {**read, "turns": [*read["turns"], {"speaker": "agent", "text": answer}]}
    found.conversation = {**identified(item.get("id")), **known_fields(item), **read}


def _conversation_key(item: dict[str, Any]) -> str | None:
    for name in _KEYS:
        if name in item:
            return name
    fitting = [name for name, value in item.items() if is_conversation(value)]
    return fitting[0] if len(fitting) == 1 else None


def _take_verdict(found: Found, item: dict[str, Any], at: str, reading: Reading, rater: str) -> None:
    name = next((name for name in _VERDICTS if name in item), None)
    if name is None:
        return
    given = _as_object(item[name])
    if isinstance(given, dict):
        take_labels(found, given, f"{at}/{name}", reading, rater)
    elif isinstance(given, list) and len(given) != 1:
        found.add_problem(f"{at}/{name}", f"these are {len(given)} verdicts; a label is one level")
    else:
        take_verdict(found, given[0] if isinstance(given, list) else given, f"{at}/{name}", reading, rater)


def _as_object(given: Any) -> Any:
    """Return an object that stands there as text as an object; all else as it is."""
    if isinstance(given, str) and given.lstrip().startswith("{"):
        try:
            return load_json(given)
        except InvalidInput:
            return given
    return given
