"""Processes that are frozen, told to end, or lose their database: nothing is lost, nothing is done twice."""

import sqlite3
import time

from evals.model_server import Behaviour, ModelServer
from service.factory import Factory
from service.settings import Settings
from tests.postgres import postgres
from tests.running import running_service
from tests.service.cards import conversation
from tests.service.jobs.moody import Moody, awaited, is_final, submit
from tests.service.jobs.processes import await_final, client_of, environment_of, process

SLOW = Behaviour(latency_s=60)


def body(number=0):
    return {"conversation": conversation(external_id=str(number)), "scorecard": "inbound-service"}


def submitted(client, count):
    return [client.post("/v1/evaluations", json=body(number)).json()["id"] for number in range(count)]


def await_requests(model, count):
    deadline = time.monotonic() + 30
    while len(model.requests) < count:
        assert time.monotonic() < deadline, len(model.requests)
        time.sleep(0.05)


def upgraded(url):
    factory = Factory(Settings(database_url=url))
    factory.upgrade_database()
    return factory


def test_others_take_over_from_a_frozen_process_and_it_asks_the_model_no_more_when_it_wakes(postgres_url):
    factory = upgraded(postgres_url)
    with Moody() as model:
        model.mood = Behaviour(latency_s=3)
        with process(environment_of(postgres_url, model, QALIBRATE_DEAD_AFTER_S="1.5")) as first:
            ids = submitted(client_of(first.url, factory), 4)
            await_requests(model, 4)
            first.freeze()
            model.mood = Behaviour()
            with running_service(
                database_url=postgres_url, openai_base_url=model.url, dead_after_s=1.5
            ) as service:
                assert set(await_final(service.client, ids, 40).values()) == {"completed"}
                assert len(model.requests) == 8
                results = [service.client.get(f"/v1/evaluations/{one}").json() for one in ids]
                first.thaw()
                # It works again, and what it had in hand changed nothing.
                assert client_of(first.url, factory).get("/readyz").status_code == 200
                submitted(client_of(first.url, factory), 1)
                await_requests(model, 9)
                time.sleep(1)
                assert results == [service.client.get(f"/v1/evaluations/{one}").json() for one in ids]
                assert len(model.requests) == 9


def test_a_process_that_is_told_to_end_hands_back_what_it_cannot_finish(postgres_url):
    factory = upgraded(postgres_url)
    with Moody() as model:
        model.mood = SLOW
        with process(environment_of(postgres_url, model, QALIBRATE_GRACE_S="1")) as first:
            ids = submitted(client_of(first.url, factory), 3)
            await_requests(model, 3)
            assert first.end() == 0
        model.mood = Behaviour()
        # Nobody is taken for dead so soon.
        with running_service(
            database_url=postgres_url, openai_base_url=model.url, dead_after_s=600
        ) as service:
            assert set(await_final(service.client, ids, 30).values()) == {"completed"}


def test_a_process_that_is_told_to_end_finishes_what_it_can(tmp_path):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    factory = upgraded(url)
    with (
        ModelServer(default=Behaviour(latency_s=1)) as model,
        process(environment_of(url, model)) as first,
    ):
        ids = submitted(client_of(first.url, factory), 3)
        await_requests(model, 3)
        assert first.end() == 0
    with sqlite3.connect(tmp_path / "x.db") as connection:
        found = dict(connection.execute("SELECT id, status FROM evaluations").fetchall())
    assert found == dict.fromkeys(ids, "completed")


def test_a_process_ends_though_its_database_is_away():
    with postgres() as server, Moody() as model:
        url = server.create_database()
        factory = upgraded(url)
        model.mood = SLOW
        with process(environment_of(url, model, QALIBRATE_GRACE_S="1")) as first:
            submitted(client_of(first.url, factory), 3)
            await_requests(model, 3)
            factory.close()
            server.stop()
            assert first.end() == 0


def test_a_database_that_is_restarted_under_load_loses_nothing():
    with postgres() as server, Moody() as model:
        url = server.create_database()
        model.mood = Behaviour(latency_s=1)
        with running_service(database_url=url, openai_base_url=model.url, concurrency=4) as service:
            ids = [submit(service) for _ in range(12)]
            await_requests(model, 4)
            server.stop()
            time.sleep(2)
            server.start()
            assert {awaited(service, one, is_final)["status"] for one in ids} == {"completed"}
        assert len(model.requests) <= 16
