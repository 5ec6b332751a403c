import json
import time

import pytest
from structlog.testing import capture_logs

from service.usecases.seal import new_key
from tests.running import RunningService, running_service
from tests.service.cards import conversation

SAID = ("Hello, this is John Smith.", "My card is 4111 1111 1111 1111.", "Thanks.")


@pytest.fixture(scope="module")
def vaulted(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('vault') / 'vault.db'}"
    with running_service(database_url=url, vault_key=new_key()) as service:
        yield service


def submitted(service: RunningService) -> str:
    body = {"conversation": conversation(*SAID)}
    return service.client.post("/v1/evaluations", json=body).json()["id"]


def vault_of(evaluation_id: str) -> str:
    return f"/v1/evaluations/{evaluation_id}/vault"


def test_who_may_restore_sees_what_placeholders_stood_for(vaulted):
    one = submitted(vaulted)
    answer = vaulted.client_of("default", "restore").get(vault_of(one))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    content = answer.json()
    assert set(content) == {"evaluation", "expires_at", "placeholders", "originals"}
    assert content["placeholders"] == {
        "<PERSON_1>": ["John Smith"],
        "<CREDIT_CARD_1>": ["4111 1111 1111 1111"],
    }
    turns = vaulted.client.get(f"/v1/evaluations/{one}?include=turns").json()["turns"]
    for original in content["originals"]:
        said = turns[original["turn"]]["text"]
        assert said[original["start"] : original["end"]] == original["placeholder"]


def test_one_placeholder_may_be_asked_for(vaulted):
    path = vault_of(submitted(vaulted))
    client = vaulted.client_of("default", "restore")
    found = client.get(path, params={"placeholder": "<PERSON_1>"}).json()["placeholders"]
    assert found == {"<PERSON_1>": ["John Smith"]}
    assert client.get(path, params={"placeholder": "PERSON_1"}).json()["placeholders"] == found
    assert client.get(path, params={"placeholder": "<PERSON_7>"}).status_code == 404
    assert client.get(path, params={"placeholder": "PERSON_7"}).status_code == 404


@pytest.mark.parametrize("scope", ["read", "admin", "submit", "review"])
def test_no_other_scope_restores(vaulted, scope):
    answer = vaulted.client_of("default", scope).get(vault_of(submitted(vaulted)))
    assert (answer.status_code, "restore" in answer.json()["detail"]) == (403, True)


@pytest.mark.parametrize(
    ("scope", "status"), [("restore", 204), ("admin", 204), ("read", 403), ("submit", 403)]
)
def test_forgetting_is_for_who_may_restore_or_administer(vaulted, scope, status):
    path = vault_of(submitted(vaulted))
    assert vaulted.client_of("default", scope).delete(path).status_code == status


def test_what_is_forgotten_is_told_to_be_gone(vaulted):
    path = vault_of(submitted(vaulted))
    assert vaulted.client.delete(path).status_code == 204
    answer = vaulted.client.get(path)
    assert (answer.status_code, answer.json()["type"]) == (410, "urn:qalibrate:problem:vault-gone")
    assert vaulted.client.get(path.removesuffix("/vault")).status_code == 200


def test_another_tenants_evaluation_and_an_unknown_one_look_alike(vaulted):
    other = vaulted.client_of("acme")
    one = submitted(vaulted)
    for method in ("GET", "DELETE"):
        theirs, unknown = (other.request(method, vault_of(name)) for name in (one, "0" * 32))
        assert (theirs.status_code, unknown.status_code) == (404, 404)
        assert theirs.json()["detail"].replace(one, "") == unknown.json()["detail"].replace("0" * 32, "")


def test_a_service_without_a_vault_says_so(service: RunningService):
    answer = service.client.get(vault_of(submitted(service)))
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:qalibrate:problem:no-vault")
    assert "QALIBRATE_VAULT_KEY" in answer.json()["detail"]


def test_a_lost_key_is_a_problem_with_its_remedy(tmp_path):
    url = f"sqlite:///{tmp_path / 'lost.db'}"
    with running_service(database_url=url, vault_key=new_key()) as first:
        one = submitted(first)
    with running_service(database_url=url, vault_key=new_key()) as second:
        answer = second.client.get(vault_of(one))
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:qalibrate:problem:vault-locked")
    assert "QALIBRATE_VAULT_KEY" in answer.json()["detail"]


def test_nothing_else_that_is_returned_holds_an_original(vaulted):
    one = submitted(vaulted)
    said = json.dumps(vaulted.client.get(f"/v1/evaluations/{one}?include=turns").json())
    assert "4111" not in said
    assert "Smith" not in said


def test_a_restoration_leaves_a_line_without_values(vaulted):
    one = submitted(vaulted)
    key, secret = vaulted.factory.keys.create("default", "auditor", ["restore"])
    with capture_logs() as lines:
        vaulted.client.get(vault_of(one), headers={"Authorization": f"Bearer {secret}"})
    opened = [line for line in lines if line["event"] == "vault opened"]
    assert opened == [
        {"event": "vault opened", "log_level": "info", "evaluation": one, "key": key.id, "pieces": 2}
    ]


def test_a_worker_clears_away_what_has_expired(tmp_path):
    settings = {"database_url": f"sqlite:///{tmp_path / 'old.db'}", "vault_key": new_key()}
    with running_service(**settings, vault_days=1e-9) as first:
        submitted(first)
    with running_service(**settings) as second:
        deadline = time.monotonic() + 20
        while sealed_in(second) != [None] and time.monotonic() < deadline:
            time.sleep(0.05)
        assert sealed_in(second) == [None]


def sealed_in(service: RunningService) -> list[bytes | None]:
    with service.factory.database.engine.connect() as connection:
        return list(connection.exec_driver_sql("SELECT sealed FROM vaults").scalars())
