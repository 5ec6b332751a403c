"""Whatever the document allows, and much that it does not, gets an answer that the document describes.

`QALIBRATE_EXAMPLES=200 python -m pytest tests/service/api/test_schema_conformance.py -n 4` looks longer.
"""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance

from service.app import create_app
from service.factory import Factory
from service.settings import Settings
from tests.running import RunningService

EXAMPLES = int(os.environ.get("QALIBRATE_EXAMPLES", "6"))

NEVER_ACCEPTED = {
    "POST /v1/evaluations": "a turn may not end before it starts, a card has to be there and to fit",
}
"""Calls whose rules reach over several fields or to what is stored, which no JSON schema can say."""

load_all_checks()


@schemathesis.serializer("application/x-ndjson", "application/jsonl")
def lines(_context: Any, value: Any) -> bytes:
    """Send a text of JSON lines as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


schema = schemathesis.openapi.from_dict(create_app(Factory(Settings())).openapi())
operations = [result.ok() for result in schema.get_all_operations()]


CASES = [
    pytest.param(operation, mode, id=f"{operation.label} {mode.value}")
    for operation in operations
    for mode in schemathesis.GenerationMode
    # Nothing can be wrong with a request that takes nothing.
    if mode is schemathesis.GenerationMode.POSITIVE or operation.path.startswith("/v1")
]


@pytest.mark.parametrize(("operation", "mode"), CASES)
def test_every_answer_is_as_described(service: RunningService, operation, mode):
    headers = {"Authorization": service.client.headers["Authorization"]}
    excluded = [positive_data_acceptance] if operation.label in NEVER_ACCEPTED else []

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def run(case):
        case.call_and_validate(base_url=service.url, headers=headers, excluded_checks=excluded)

    run()
