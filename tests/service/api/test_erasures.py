import time

import pytest

from service.usecases.seal import new_key
from tests.running import RunningService, running_service
from tests.service.cards import conversation
from tests.service.remains import remains_of

SAID = (
    "Hello, this is the unmistakable greeting.",
    "My parcel with the purple ribbon is late.",
    "Goodbye then!",
)
GONE = "urn:qalibrate:problem:gone"


@pytest.fixture(scope="module")
def vaulted(tmp_path_factory):
    """A service that keeps a vault, so that there is something to forget."""
    url = f"sqlite:///{tmp_path_factory.mktemp('erase') / 'erase.db'}"
    with running_service(database_url=url, vault_key=new_key()) as service:
        yield service


def graded(service: RunningService, **fields) -> str:
    return service.grade(conversation(*SAID, **fields))["id"]


def test_after_erasure_every_way_to_read_it_is_a_410(vaulted):
    key = {"Idempotency-Key": "the-same-request"}
    body = {"conversation": conversation(*SAID, "My card is 4111 1111 1111 1111.", external_id="crm-900")}
    one = vaulted.client.post("/v1/evaluations", json=body, headers=key | {"Prefer": "wait=50"}).json()["id"]
    path = f"/v1/evaluations/{one}"
    assert vaulted.client.delete(path, params={"erase": "true"}).status_code == 204
    answers = {
        "get": vaulted.client.get(path),
        "turns": vaulted.client.get(path, params={"include": "turns"}),
        "vault": vaulted.client.get(f"{path}/vault"),
        "forget": vaulted.client.delete(f"{path}/vault"),
        "again": vaulted.client.post("/v1/evaluations", json=body, headers=key),
        "erase": vaulted.client.delete(path, params={"erase": "true"}),
    }
    told = {name: (answer.status_code, answer.json()["type"]) for name, answer in answers.items()}
    assert told == dict.fromkeys(answers, (410, GONE))
    assert one not in vaulted.client.get("/v1/evaluations").text


def test_nothing_of_it_is_left_in_the_file_the_engines_tables_included(vaulted):
    one = graded(vaulted, external_id="crm-901", metadata={"note": "the note of the clerk"})
    held = {*SAID, "the note of the clerk", "crm-901"}
    assert remains_of(held, vaulted.factory.database) == held
    answer = vaulted.client.post("/v1/erasures", json={"external_id": "crm-901"})
    assert (answer.status_code, answer.json()) == (200, {"erased": 1, "gone": [], "unknown": []})
    for other in vaulted.client.get("/v1/evaluations").json()["items"]:
        vaulted.client.delete(f"/v1/evaluations/{other['id']}", params={"erase": "true"})
    assert vaulted.client.get(f"/v1/evaluations/{one}").status_code == 410
    assert remains_of(held, vaulted.factory.database) == set()


def test_the_files_are_rid_of_it_while_the_service_goes_on(vaulted):
    held = (*SAID, "crm-902")
    graded(vaulted, external_id="crm-902")
    file = vaulted.factory.database.file
    for other in vaulted.client.get("/v1/evaluations").json()["items"]:
        vaulted.client.delete(f"/v1/evaluations/{other['id']}", params={"erase": "true"})
    # Who reads at that moment keeps the log until the worker's next round, which is within a minute.
    deadline = time.monotonic() + 90
    while (found := words_in(file, held)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert found == []


def words_in(file, held):
    files = b"".join(one.read_bytes() for one in file.parent.glob(f"{file.name}*"))
    return [word for word in held if word.encode() in files]


def test_erasing_is_for_administrators(vaulted):
    one = graded(vaulted)
    for scope in ("submit", "read", "review", "restore"):
        client = vaulted.client_of("default", scope)
        assert client.delete(f"/v1/evaluations/{one}", params={"erase": "true"}).status_code == 403
        assert client.post("/v1/erasures", json={"evaluations": [one]}).status_code == 403
    other = vaulted.client_of("acme", "admin")
    assert other.delete(f"/v1/evaluations/{one}", params={"erase": "true"}).status_code == 404
    assert other.post("/v1/erasures", json={"evaluations": [one]}).json()["unknown"] == [one]
    assert vaulted.client.get(f"/v1/evaluations/{one}").status_code == 200


@pytest.mark.parametrize(
    "body",
    [{}, {"external_id": "x", "evaluations": ["y"]}, {"evaluations": []}, {"external_id": ""}, {"other": 1}],
)
def test_a_request_names_either_a_conversation_or_evaluations(vaulted, body):
    assert vaulted.client.post("/v1/erasures", json=body).status_code == 422


def test_the_log_says_who_read_and_who_erased(vaulted):
    one = graded(vaulted)
    vaulted.client.get(f"/v1/evaluations/{one}", params={"include": "turns"})
    vaulted.client.get("/v1/evaluations", params={"agent": "nobody"})
    vaulted.client_of("default", "restore").get(f"/v1/evaluations/{one}/vault")
    vaulted.client.delete(f"/v1/evaluations/{one}", params={"erase": "true"})
    vaulted.factory.note_read.write()
    lines = vaulted.client.get("/v1/audit", params={"subject": one}).json()["items"]
    assert [line["action"] for line in lines] == ["evaluation.erased", "evaluation.read"]
    assert len({line["actor"] for line in lines}) == 1
    listed = vaulted.client.get("/v1/audit", params={"action": "evaluation.read"}).json()["items"]
    assert {"count": 0, "filters": ["agent"]} in [line["details"] for line in listed if not line["subject"]]


def test_the_log_is_for_administrators_and_of_their_own_tenant(vaulted):
    assert vaulted.client_of("default", "read", "review").get("/v1/audit").status_code == 403
    other = vaulted.client_of("acme-2", "admin")
    assert {line["action"] for line in other.get("/v1/audit").json()["items"]} <= {
        "key.created",
        "audit.read",
    }
    assert vaulted.client.get("/v1/audit", params={"cursor": "none"}).status_code == 422
    assert vaulted.client.get("/v1/audit", params={"action": "nothing"}).status_code == 422


def test_opening_a_vault_is_in_the_log_before_it_is_given_out(vaulted):
    body = {"conversation": conversation(*SAID, "My card is 4111 1111 1111 1111.")}
    one = vaulted.client.post("/v1/evaluations", json=body).json()["id"]
    assert vaulted.client_of("default", "restore").get(f"/v1/evaluations/{one}/vault").status_code == 200
    vaulted.client.delete(f"/v1/evaluations/{one}/vault")
    lines = vaulted.client.get("/v1/audit", params={"subject": one}).json()["items"]
    changes = [(line["action"], line["details"]) for line in lines if line["action"].startswith("vault")]
    assert changes == [("vault.forgotten", {}), ("vault.opened", {"pieces": 1})]


def test_what_changes_the_grading_is_in_the_log(vaulted):
    card = vaulted.client.get("/v1/scorecards/inbound-service/revisions/1").json()["scorecard"]
    assert vaulted.client.post("/v1/scorecards", json=card | {"name": "logged-card"}).status_code == 201
    label = {"conversation": "crm-1", "dimension": "greeting", "rater": "r1", "level": "yes"}
    assert vaulted.client.post("/v1/labels", json={"labels": [label]}).status_code == 200
    lines = vaulted.client.get("/v1/audit").json()["items"]
    told = {(line["action"], line["subject"], str(line["details"])) for line in lines}
    assert ("scorecard.published", "logged-card@1", "{'new': True}") in told
    assert ("labels.imported", "", "{'labels': 1, 'overruled': 0}") in told
