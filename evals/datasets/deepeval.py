"""DeepEval test cases and goldens, conversational or of one question and one answer.

evals/README.md has the table of what becomes what. Scores of DeepEval's own metrics are a machine's and no
labels.
"""

from typing import Any

from evals.datasets.entry import Found, Reading
from evals.datasets.messages import read_messages
from evals.datasets.promptfoo import identified, known_fields
from evals.datasets.verdicts import dimensions_in, take_labels, take_verdict
from service.domain.errors import InvalidInput

RATER = "deepeval"
_TOLD = (
    "scenario",
    "expected_outcome",
    "expected_output",
    "user_description",
    "chatbot_role",
    "comments",
    "tags",
)
_ALIASES = {
    "expectedOutcome": "expected_outcome",
    "expectedOutput": "expected_output",
    "actualOutput": "actual_output",
    "userDescription": "user_description",
    "chatbotRole": "chatbot_role",
    "additionalMetadata": "metadata",
    "additional_metadata": "metadata",
}
_OWN_KEYS = {"scenario", "expected_outcome", "expected_output", "actual_output"}
_VERDICTS = ("label", "level", "score")


def is_deepeval(record: dict[str, Any]) -> bool:
    """Whether a record is a test case or a golden of DeepEval's."""
    turns = record.get("turns")
    listed = turns if isinstance(turns, list) else []
    keys = {key for turn in listed if isinstance(turn, dict) for key in turn}
    if "conversation" in record or "speaker" in keys:
        return False
    names = {_ALIASES.get(key, key) for key in record}
    return "role" in keys or bool(names & _OWN_KEYS)


def read_deepeval(record: dict[str, Any], reading: Reading) -> Found:
    """Return what stands in a test case or golden."""
    record = {_ALIASES.get(key, key): value for key, value in record.items() if value is not None}
    found = Found()
    metadata = record.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    turns = _turns(found, record)
    if turns:
        told = {name: record[name] for name in _TOLD if name in record}
        named = identified(record.get("name"), metadata.get("id"))
        rest = {"turns": turns, "metadata": told, "context": _context(found, record.get("context"))}
        found.conversation = {**named, **known_fields(metadata), **rest}
    _take_labels(found, record, metadata, reading)
    return found


def _turns(found: Found, record: dict[str, Any]) -> list[dict[str, Any]] | None:
    if record.get("turns"):
        try:
            return read_messages(record["turns"])
        except InvalidInput as error:
            found.add_problems("/turns", error)
            return None
    said = [("customer", record.get("input")), ("agent", record.get("actual_output"))]
    if all(isinstance(text, str) for _, text in said):
        return [{"speaker": speaker, "text": text} for speaker, text in said]
    wanted = "turns, or input and actual_output"
    found.add_problem("/turns", f"nothing was said here yet: a golden without {wanted} cannot be graded")
    return None


def _context(found: Found, given: object) -> list[dict[str, str]]:
    if given is None:
        return []
    if isinstance(given, list) and all(isinstance(text, str) for text in given):
        return [{"title": f"Context {number}", "text": text} for number, text in enumerate(given, 1)]
    found.add_problem("/context", "this has to be a list of texts")
    return []


def _take_labels(found: Found, record: dict[str, Any], metadata: dict[str, Any], reading: Reading) -> None:
    rater = reading.rater or RATER
    if "labels" in metadata:
        take_labels(found, metadata["labels"], "/metadata/labels", reading, rater)
    take_labels(found, dimensions_in(reading, metadata), "/metadata", reading, rater)
    if reading.dimension is None:
        return
    given = [(f"/metadata/{name}", metadata[name]) for name in _VERDICTS if name in metadata]
    given += [(f"/{n}", record[n]) for n in ("expected_outcome", "expected_output") if n in record]
    if given:
        pointer, verdict = given[0]
        take_verdict(found, verdict, pointer, reading, rater)
