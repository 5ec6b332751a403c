"""Cancelling an evaluation, and trying a failed one again."""

import pytest

from evals.model_server import Behaviour, failing
from tests.running import running_service
from tests.service.cards import conversation
from tests.service.jobs.moody import Moody, awaited, eventually, is_final, submit

UNKNOWN = "/v1/evaluations/" + "0" * 32


@pytest.fixture(scope="module")
def model():
    with Moody() as server:
        yield server


@pytest.fixture(scope="module")
def service(model, tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('cancel') / 'x.db'}"
    settings = {"allow_private_callbacks": True, "webhook_secret": "whsec_" + "a" * 32}
    with running_service(database_url=url, openai_base_url=model.url, concurrency=1, **settings) as running:
        yield running


def cancel(service, evaluation_id, client=None):
    return (client or service.client).delete(f"/v1/evaluations/{evaluation_id}")


def failed(service, model):
    model.mood = failing(400)
    one = submit(service)
    assert awaited(service, one, is_final)["status"] == "failed"
    model.mood = Behaviour()
    return one


def actions(service, evaluation_id):
    lines = service.client.get("/v1/audit", params={"subject": evaluation_id}).json()["items"]
    return [line["action"] for line in lines]


def test_what_is_under_way_stops_at_once_and_the_next_one_has_its_place(service, model):
    model.mood = Behaviour(latency_s=100)
    before = len(model.requests)
    one, next_one = submit(service), submit(service)
    eventually(lambda: len(model.requests) > before)
    model.mood = Behaviour()
    answer = cancel(service, one)
    assert (answer.status_code, answer.json()["status"], answer.json()["error"]) == (200, "cancelled", None)
    assert awaited(service, next_one, is_final)["status"] == "completed"
    assert awaited(service, one, is_final)["status"] == "cancelled"
    assert cancel(service, one).json() == answer.json()
    assert actions(service, one).count("evaluation.cancelled") == 1


def test_who_waits_for_it_is_answered_and_its_webhook_tells(service, model):
    model.mood = Behaviour(latency_s=100)
    one = submit(service, callback_url="http://127.0.0.1:9/")
    cancel(service, one)
    model.mood = Behaviour()
    listed = service.client.get("/v1/webhooks/deliveries", params={"evaluation": one}).json()["items"]
    assert [delivery["event"] for delivery in listed] == ["evaluation.cancelled"]


def test_what_is_final_cannot_be_cancelled(service, model):
    model.mood = Behaviour()
    done = service.grade(conversation())
    answer = cancel(service, done["id"])
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "conflict")
    assert "completed" in answer.json()["detail"]


def test_one_that_failed_is_graded_anew_under_its_idempotency_key(service, model):
    model.mood = failing(400)
    body = {"conversation": conversation(), "scorecard": "inbound-service"}
    headers = {"Idempotency-Key": "again"}
    one = service.client.post("/v1/evaluations", json=body, headers=headers).json()["id"]
    assert awaited(service, one, is_final)["status"] == "failed"
    model.mood = Behaviour()
    answer = service.client.post(f"/v1/evaluations/{one}/retry")
    assert (answer.status_code, answer.json()["status"], answer.json()["completed_at"]) == (
        202,
        "queued",
        None,
    )
    assert service.client.post("/v1/evaluations", json=body, headers=headers).json()["id"] == one
    assert awaited(service, one, is_final)["status"] == "completed"
    assert service.client.post(f"/v1/evaluations/{one}/retry").status_code == 409
    assert actions(service, one).count("evaluation.retried") == 1


def test_what_is_tried_again_can_fail_and_be_tried_again(service, model):
    one = failed(service, model)
    model.mood = failing(400)
    for _ in range(2):
        assert service.client.post(f"/v1/evaluations/{one}/retry").status_code == 202
        assert awaited(service, one, is_final)["status"] == "failed"


@pytest.mark.parametrize("method_and_path", [("DELETE", "{}"), ("POST", "{}/retry")])
def test_others_evaluations_are_as_unknown_ones_and_readers_may_not(service, model, method_and_path):
    method, path = method_and_path
    one = failed(service, model)
    stranger, reader = service.client_of("stranger"), service.client_of("default", "read")
    there = stranger.request(method, path.format(f"/v1/evaluations/{one}"))
    nowhere = stranger.request(method, path.format(UNKNOWN))
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert there.text.replace(one, "") == nowhere.text.replace("0" * 32, "")
    assert reader.request(method, path.format(f"/v1/evaluations/{one}")).status_code == 403
