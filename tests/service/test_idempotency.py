"""One `Idempotency-Key` is one evaluation, however many send it at once and wherever."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from service.usecases.seal import new_key
from tests.running import RunningService, running_service
from tests.service.cards import conversation

CLIENTS = 50


@pytest.fixture(
    scope="module",
    params=["sqlite-submission", "sqlite-worker", "postgresql-submission", "postgresql-worker"],
)
def services(request, tmp_path_factory):
    """Two API processes on PostgreSQL, one process on SQLite; nobody grades."""
    kind, redact = request.param.split("-")
    if kind == "sqlite":
        urls = [f"sqlite:///{tmp_path_factory.mktemp('idempotency') / 'x.db'}"]
    else:
        urls = 2 * [request.getfixturevalue("postgres_server").create_database()]
    own = {"redact": redact, "secret_key": new_key(), "rate_limit": 0}
    with ExitStack() as stack:
        yield [stack.enter_context(running_service("api", database_url=url, **own)) for url in urls]


def post(service: RunningService, key: str, **more):
    body = {"conversation": conversation(**more), "scorecard": "inbound-service"}
    return service.client.post("/v1/evaluations", json=body, headers={"Idempotency-Key": key})


def test_fifty_clients_with_one_key_at_once_get_one_evaluation(services):
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = list(clients.map(lambda n: post(services[n % len(services)], "one"), range(CLIENTS)))
    assert {answer.status_code for answer in answers} == {202}, [a.text for a in answers if a.is_error][:1]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(services[0].client.get("/v1/evaluations").json()["items"]) == 1
    (redacted,) = {service.factory.pool.worked_s["redact_conversation"] > 0 for service in services[:1]}
    assert redacted == (services[0].factory.settings.redact == "submission")


def test_of_different_bodies_under_one_key_at_once_one_is_taken(services):
    def one(n: int):
        return post(services[n % len(services)], "two", external_id=f"c-{n % 5}")

    with ThreadPoolExecutor(20) as clients:
        answers = list(clients.map(one, range(20)))
    assert {answer.status_code for answer in answers} == {202, 409}
    taken = {answer.json()["id"] for answer in answers if answer.status_code == 202}
    assert len(taken) == 1


def test_many_keys_at_once_are_one_evaluation_each(services):
    with ThreadPoolExecutor(30) as clients:
        answers = list(clients.map(lambda n: post(services[n % len(services)], f"key-{n % 10}"), range(30)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 10


def test_a_key_whose_request_was_refused_is_free_again(services):
    headers = {"Idempotency-Key": "refused"}
    body = {"conversation": conversation(), "scorecard": "no-such-card"}
    assert services[0].client.post("/v1/evaluations", json=body, headers=headers).status_code == 422
    assert post(services[0], "refused").status_code == 202
