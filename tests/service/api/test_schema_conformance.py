"""Whatever the document allows, and much that it does not, gets an answer that the document describes.

`QALIBRATE_EXAMPLES=200 python -m pytest tests/service/api/test_schema_conformance.py -n 4` looks longer.
"""

import base64
import itertools
import os
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from service.app import create_app
from service.factory import Factory
from service.settings import Settings
from service.usecases.cursors import cursor_of, cursor_of_number
from tests.running import RunningService, running_service

EXAMPLES = int(os.environ.get("QALIBRATE_EXAMPLES", "6"))

MORE_THAN_A_SCHEMA_SAYS = {
    "POST /v1/evaluations": "a turn may not end before it starts; a card has to be there and to fit",
    "POST /v1/redactions": "a turn may not end before it starts; the language has to be told by the words",
    "POST /v1/scorecards": "ids occur once, conditions name earlier dimensions, levels of their scale",
    "POST /v1/batches": "the scorecard and the grader have to be there",
    "POST /v1/labels": "at least one label has to be of something that is there",
    "POST /v1/calibrations": "there have to be labels",
    "GET /v1/reports/means": "the scorecard has to be there",
    "GET /v1/labels": "the scorecard has to be there",
    "POST /v1/erasures": "one of two fields, not both",
    "POST /v1/evaluations/{evaluation_id}/reviews": "who overrules says how and why",
    "POST /v1/evaluations/{evaluation_id}/appeals": "the quote has to be in the conversation",
    "POST /v1/appeals/{appeal_id}/decisions": "who amends a grade says how",
    "POST /v1/calibration-sessions": "the evaluations have to be there",
    "POST /v1/calibration-sessions/{session_id}/answers": "answers are to what was asked",
}
"""Calls that may refuse what their schema allows: rules over several fields, or about what is stored."""

ANY_TEXT = {
    "POST /v1/batches": "no text is wrong as a whole: bad lines are told by number",
    "POST /v1/labels": "bad rows are told by number, and stop no other",
}
"""Calls that may accept what schemathesis takes for a violation."""

load_all_checks()
NOW = datetime(2026, 11, 2, tzinfo=UTC)
CURSORS = {
    "/v1/audit": base64.urlsafe_b64encode(f"{NOW.isoformat()} 7".encode()).decode(),
    "/v1/batches/{batch_id}/errors": cursor_of_number(7),
}
"""Cursors of lists that do not go by time and id. No other text is one."""


@schemathesis.serializer("application/x-ndjson", "application/jsonl")
def lines(_context: Any, value: Any) -> bytes:
    """Send a text of JSON lines as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def document() -> dict[str, Any]:
    """Return the document, with cursors as lists give them."""
    found = create_app(Factory(Settings())).openapi()
    for path, item in found["paths"].items():
        for call in item.values():
            for parameter in call.get("parameters", []):
                if parameter["name"] == "cursor":
                    cursor = CURSORS.get(path) or cursor_of(NOW, "0" * 32)
                    empty = [] if "minLength" in str(parameter["schema"]) else [""]
                    parameter["schema"] = {"type": "string", "enum": [cursor, *empty]}
    return found


schema = schemathesis.openapi.from_dict(document())
operations = [result.ok() for result in schema.get_all_operations()]


# Every example comes from somewhere else: who sends many wrong keys from one address is held up.
callers = (f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}" for number in itertools.count())


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('conformance') / 'x.db'}"
    with running_service(database_url=url, trusted_proxies="127.0.0.1") as running:
        yield running


CASES = [
    pytest.param(operation, mode, id=f"{operation.label} {mode.value}")
    for operation in operations
    for mode in schemathesis.GenerationMode
    # Nothing can be wrong with a request that takes nothing.
    if mode is schemathesis.GenerationMode.POSITIVE or operation.path.startswith("/v1")
]


def test_only_calls_that_are_there_are_exempt():
    assert {*MORE_THAN_A_SCHEMA_SAYS, *ANY_TEXT} <= {operation.label for operation in operations}


@pytest.mark.parametrize(("operation", "mode"), CASES)
def test_every_answer_is_as_described(service: RunningService, operation, mode):
    excluded = [positive_data_acceptance] if operation.label in MORE_THAN_A_SCHEMA_SAYS else []
    excluded += [negative_data_rejection] if operation.label in ANY_TEXT else []

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def run(case):
        headers = {"Authorization": service.client.headers["Authorization"], "X-Forwarded-For": next(callers)}
        case.call_and_validate(base_url=service.url, headers=headers, excluded_checks=excluded)

    run()
