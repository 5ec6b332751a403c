"""Whatever the document allows, and much that it does not, gets an answer that the document describes."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance

from service.app import create_app
from service.factory import Factory
from service.settings import Settings
from tests.running import RunningService

load_all_checks()
# Some rules reach over several fields (a turn that ends before it starts): no JSON schema can say them.
EXCLUDED = [positive_data_acceptance]
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

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def run(case):
        case.call_and_validate(base_url=service.url, headers=headers, excluded_checks=EXCLUDED)

    run()
