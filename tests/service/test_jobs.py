"""Accepted means committed: real processes, killed without warning."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time

import pytest

from evals.model_server import Behaviour, ModelServer, failing
from service.cli.demo import samples
from service.factory import Factory
from service.jobs import POLL_EMBEDDED_S, Bell, DurableQueue, can_be_woken
from service.settings import Settings
from service.usecases.accept import Acceptance
from service.usecases.requests import EvaluationRequest
from service.usecases.submit import SubmitEvaluation
from tests.postgres import postgres
from tests.running import running_service
from tests.service.cards import conversation
from tests.service.jobs.processes import await_final, client_of, environment_of, process


def test_what_was_accepted_before_a_kill_is_graded_after_the_restart(tmp_path):
    url = f"sqlite:///{tmp_path / 'jobs.db'}"
    factory = Factory(Settings(database_url=url))
    factory.upgrade_database()
    with ModelServer(default=Behaviour(latency_s=1.0)) as model:
        environment = environment_of(url, model)
        with process(environment) as first:
            client = client_of(first.url, factory)
            bodies = [
                {"conversation": conversation(external_id=str(n)), "scorecard": "inbound-service"}
                for n in range(6)
            ]
            ids = [client.post("/v1/evaluations", json=body).json()["id"] for body in bodies]
            time.sleep(0.5)
            first.kill()
        with process(environment) as second:
            client = client_of(second.url, factory)
            assert set(await_final(client, ids, 40).values()) == {"completed"}
    assert len(model.requests) <= 2 * len(ids)


def test_a_second_process_on_the_same_file_is_told_who_holds_it(tmp_path):
    url = f"sqlite:///{tmp_path / 'jobs.db'}"
    with ModelServer() as model:
        environment = environment_of(url, model)
        with process(environment):
            command = [sys.executable, "-m", "service.cli", "serve", "--port", "0"]
            second = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert second.returncode == 3
    assert "jobs.db.lock" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_process_on_postgresql_takes_over_the_jobs_of_one_that_died(postgres_url):
    factory = Factory(Settings(database_url=postgres_url))
    factory.upgrade_database()
    with ModelServer(default=Behaviour(latency_s=1.0)) as model:
        with process(environment_of(postgres_url, model)) as first:
            client = client_of(first.url, factory)
            body = {"conversation": conversation(), "scorecard": "inbound-service"}
            evaluation = client.post("/v1/evaluations", json=body).json()["id"]
            time.sleep(0.5)
            first.kill()
        with running_service(database_url=postgres_url, openai_base_url=model.url, dead_after_s=2) as service:
            assert await_final(service.client, [evaluation], 30) == {evaluation: "completed"}


def test_an_evaluation_and_its_job_are_committed_together_or_not_at_all(database_url):
    factory = Factory(Settings(database_url=database_url, redaction_processes=0))
    factory.upgrade_database()

    class BrokenQueue(DurableQueue):
        def enqueue_new(self, tx, jobs):
            super().enqueue_new(tx, jobs)
            raise ZeroDivisionError

    accept, graders = Acceptance(BrokenQueue(factory.database), factory.vault), factory.graders.names
    submit = SubmitEvaluation(factory.database, accept, factory.redact, factory.vault, graders, "signals")
    request = EvaluationRequest.model_validate({"conversation": conversation()})
    with pytest.raises(ZeroDivisionError):
        asyncio.run(submit("default", request))
    with factory.database.engine.connect() as connection:
        tables = (
            "evaluations",
            "dbos.workflow_status" if "postgresql" in database_url else "workflow_status",
        )
        counts = [connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() for table in tables]
    assert counts == [0, 0]


def test_the_engine_still_lets_its_look_for_jobs_be_woken():
    assert can_be_woken(), "jobs would start later than they could: see Bell"


def test_jobs_start_without_waiting_for_the_next_look(tmp_path):
    with running_service(database_url=f"sqlite:///{tmp_path / 'x.db'}") as service:
        service.grade(conversation())
        started = time.monotonic()
        for number in range(30):
            service.grade(conversation(external_id=str(number)))
        # Half a look each would be added if nobody rang.
        assert time.monotonic() - started < 30 * POLL_EMBEDDED_S / 2


def test_a_bell_wakes_ends_and_otherwise_waits():
    bell = Bell()
    assert not bell.wait(0.01)
    threading.Timer(0.05, bell.ring).start()
    started = time.monotonic()
    assert not bell.wait(20)
    assert time.monotonic() - started < 10
    bell.set()
    assert bell.wait(20)


def test_a_bell_that_rang_before_the_wait_is_heard_once():
    bell = Bell()
    bell.ring()
    started = time.monotonic()
    assert not bell.wait(20)
    assert time.monotonic() - started < 10
    assert not bell.wait(0.05)
    assert time.monotonic() - started >= 0.05


def test_more_jobs_than_hands_are_all_done(tmp_path):
    with ModelServer(default=Behaviour(latency_s=0.05)) as model:
        url = f"sqlite:///{tmp_path / 'x.db'}"
        with running_service(database_url=url, openai_base_url=model.url, concurrency=1) as service:
            bodies = [{"conversation": conversation(external_id=str(n))} for n in range(24)]
            ids = [service.client.post("/v1/evaluations", json=body).json()["id"] for body in bodies]
            started = time.monotonic()
            assert set(await_final(service.client, ids, 30).values()) == {"completed"}
            assert time.monotonic() - started < 24 * POLL_EMBEDDED_S


def test_what_is_told_at_once_is_what_is_stored(database_url):
    with (
        ModelServer() as model,
        running_service(database_url=database_url, openai_base_url=model.url) as service,
    ):
        for sample in samples()[:3]:
            told = service.grade(sample, metadata={"ticket": "T-1", "n": 1.5})
            assert told == service.client.get(f"/v1/evaluations/{told['id']}").json()


def test_the_same_flow_works_on_both_databases(database_url):
    with running_service(database_url=database_url) as service:
        done = [service.grade(conversation(external_id=str(n))) for n in range(3)]
        assert {evaluation["status"] for evaluation in done} == {"completed"}


def test_no_text_of_a_conversation_enters_the_engines_tables(tmp_path):
    with running_service(database_url=f"sqlite:///{tmp_path / 'x.db'}") as service:
        service.grade(conversation("Hello, a remarkable sentence.", "Yes", "Goodbye"))
        with service.factory.database.engine.connect() as connection:
            rows = str(connection.exec_driver_sql("SELECT * FROM workflow_status").all())
            rows += str(connection.exec_driver_sql("SELECT * FROM operation_outputs").all())
    assert "grade" in rows
    assert "remarkable" not in rows


def test_nothing_that_was_said_is_in_the_logs(tmp_path, samples_personal_data):
    url = f"sqlite:///{tmp_path / 'logs.db'}"
    factory = Factory(Settings(database_url=url))
    factory.upgrade_database()
    with ModelServer(default=failing(400, message="no such thing")) as model:
        environment = environment_of(url, model) | {"QALIBRATE_LOG_LEVEL": "debug"}
        with process(environment) as running:
            client = client_of(running.url, factory)
            for sample in samples()[:3]:
                client.post("/v1/evaluations", json={"conversation": sample}, headers={"Prefer": "wait=20"})
                client.post("/v1/evaluations", json={"conversation": {**sample, "turns": [sample]}})
                client.get("/v1/evaluations/" + sample["turns"][0]["text"][:40])
            log = running.log.read_text()
    said = [turn["text"] for sample in samples()[:3] for turn in sample["turns"] if len(turn["text"]) > 20]
    personal = [p["text"] for sample in samples()[:3] for p in samples_personal_data[sample["external_id"]]]
    assert '"event": "request"' in log
    assert "evaluation failed" in log
    assert [text for text in said + personal if text in log] == []


def test_a_port_that_is_taken_is_told_with_the_remedy(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        own = {"QALIBRATE_DATABASE_URL": f"sqlite:///{tmp_path / 'x.db'}"}
        command = [sys.executable, "-m", "service.cli", "serve", "--port", port]
        ran = subprocess.run(command, env=os.environ | own, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 3
    assert "--port" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_with_the_database_away_every_call_is_a_503_and_work_goes_on_when_it_is_back():
    with postgres() as server, running_service(database_url=server.create_database()) as service:
        service.grade(conversation())
        server.stop()
        calls = [("GET", "/v1/evaluations"), ("GET", "/v1/scorecards"), ("GET", "/readyz")]
        answers = [service.client.request(method, path) for method, path in calls]
        answers.append(service.client.post("/v1/evaluations", json={"conversation": conversation()}))
        assert {answer.status_code for answer in answers} == {503}
        assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
        assert service.client.get("/healthz").status_code == 200
        server.start()
        assert service.grade(conversation())["status"] == "completed"
