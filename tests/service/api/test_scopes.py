"""Which scope opens which call: the whole table, against every call with every scope."""

import uuid

import pytest

from service.domain.keys import SCOPES
from tests.running import RunningService
from tests.service.api.operations import Operation, operations_of

# A new call is added here, on purpose.
TABLE = """
POST   /v1/evaluations                                   submit admin
GET    /v1/evaluations                                   read admin
GET    /v1/evaluations/{evaluation_id}                   read admin
DELETE /v1/evaluations/{evaluation_id}                   submit admin
POST   /v1/erasures                                      admin
GET    /v1/audit                                         admin
GET    /v1/evaluations/{evaluation_id}/vault             restore
DELETE /v1/evaluations/{evaluation_id}/vault             restore admin
GET    /v1/webhooks/deliveries                           admin
GET    /v1/webhooks/deliveries/{delivery_id}             admin
POST   /v1/webhooks/deliveries/{delivery_id}/resend      admin
POST   /v1/webhooks/resend                               admin
GET    /v1/scorecards                                    read admin
POST   /v1/scorecards                                    admin
GET    /v1/scorecards/{name}/revisions/{revision}        read admin
POST   /v1/redactions                                    submit admin
GET    /v1/reviews/queue                                 review admin
PUT    /v1/evaluations/{evaluation_id}/claim             review admin
DELETE /v1/evaluations/{evaluation_id}/claim             review admin
POST   /v1/evaluations/{evaluation_id}/reviews           review admin
GET    /v1/evaluations/{evaluation_id}/reviews           review admin
POST   /v1/evaluations/{evaluation_id}/appeals           submit review admin
GET    /v1/appeals                                       read review admin
GET    /v1/appeals/{appeal_id}                           read review admin
POST   /v1/appeals/{appeal_id}/comments                  submit review admin
POST   /v1/appeals/{appeal_id}/withdrawal                submit review admin
POST   /v1/appeals/{appeal_id}/decisions                 review admin
POST   /v1/calibration-sessions                          review admin
GET    /v1/calibration-sessions                          review admin
GET    /v1/calibration-sessions/{session_id}             review admin
GET    /v1/calibration-sessions/{session_id}/sheet       review admin
POST   /v1/calibration-sessions/{session_id}/answers     review admin
POST   /v1/calibration-sessions/{session_id}/close       review admin
GET    /v1/calibration-sessions/{session_id}/results     review admin
POST   /v1/labels                                        review admin
GET    /v1/labels                                        read admin
GET    /v1/reports/means                                 read admin
POST   /v1/calibrations                                  admin
GET    /v1/calibrations                                  read admin
GET    /v1/calibrations/{calibration_id}                 read admin
PUT    /v1/calibrations/{calibration_id}/activation      admin
DELETE /v1/calibrations/{calibration_id}/activation      admin
POST   /v1/evaluations/{evaluation_id}/retry             submit admin
POST   /v1/batches                                       submit admin
GET    /v1/batches                                       read admin
GET    /v1/batches/{batch_id}                            read admin
DELETE /v1/batches/{batch_id}                            submit admin
GET    /v1/batches/{batch_id}/errors                     read admin
"""
EXPECTED = {tuple(line.split()[:2]): set(line.split()[2:]) for line in TABLE.strip().splitlines()}


@pytest.fixture(scope="module")
def operations(service: RunningService) -> list[Operation]:
    return [one for one in operations_of(service.client) if one.path.startswith("/v1/")]


def nobodys(name: str) -> str:
    return {"name": "nobodys-card", "revision": "1"}.get(name) or uuid.uuid4().hex


def test_the_table_names_every_call(operations):
    assert {(one.method, one.path) for one in operations} == set(EXPECTED)


def test_every_call_opens_for_the_scopes_in_the_table_and_for_no_other(service: RunningService, operations):
    clients = {scope: service.client_of("scoped", scope) for scope in SCOPES}
    found = {}
    for one in operations:
        answers = {scope: client.request(**one.request(nobodys)) for scope, client in clients.items()}
        assert all(answer.status_code not in (401, 500) for answer in answers.values()), one.label
        found[one.method, one.path] = {s for s, answer in answers.items() if answer.status_code != 403}
    assert found == {call: EXPECTED.get(call) for call in found}
