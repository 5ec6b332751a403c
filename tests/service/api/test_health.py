import time
from datetime import UTC, datetime

import httpx2
import sqlalchemy as sa

from tests.running import RunningService, running_service
from tests.service.results import keep


def test_an_embedded_service_is_alive_and_ready(service: RunningService):
    assert httpx2.get(f"{service.url}/healthz", timeout=60).json() == {"status": "ok"}
    until = time.monotonic() + 60
    while (found := httpx2.get(f"{service.url}/readyz", timeout=60).json())["status"] != "ready":
        assert ["warming up" in reason for reason in found["reasons"]] == [True]
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_queue_that_is_full_is_told(tmp_path):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with running_service(role="api", database_url=url, max_queued=1) as service:
        keep(service.factory.database, "other", "0" * 32, None, datetime.now(UTC))
        answer = httpx2.get(f"{service.url}/readyz", timeout=60)
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        said = "submissions are refused: about 1 evaluation waits to be graded, and QALIBRATE_MAX_QUEUED=1"
        assert answer.json()["reasons"][0] == said


def test_with_the_model_away_it_is_degraded_but_takes_work(tmp_path):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with running_service(role="api", database_url=url, openai_base_url="http://127.0.0.1:1/v1") as service:
        answer = httpx2.get(f"{service.url}/readyz", timeout=60)
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


def test_unknown_paths_and_methods_are_problems_too(service: RunningService):
    for answer in (service.client.get("/v2"), service.client.delete("/v1/scorecards")):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


def test_a_database_of_an_older_version_is_not_ready_and_says_what_to_do(tmp_path):
    with running_service(role="api", database_url=f"sqlite:///{tmp_path / 'x.db'}") as service:
        set_schema(service, "0004")
        answer = httpx2.get(f"{service.url}/readyz", timeout=60)
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert "older version (0004" in answer.json()["detail"]
        assert "qalibrate db upgrade" in answer.json()["detail"]


def test_a_process_that_outlives_an_upgrade_goes_on_and_says_that_it_is_to_be_replaced(tmp_path):
    with running_service(role="api", database_url=f"sqlite:///{tmp_path / 'x.db'}") as service:
        set_schema(service, "9999")
        found = httpx2.get(f"{service.url}/readyz", timeout=60).json()
        assert found["status"] == "degraded"
        assert "newer version" in found["reasons"][0]


def set_schema(service: RunningService, version: str) -> None:
    with service.factory.database.begin("") as tx:
        tx.connection.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": version})


def test_a_nearly_full_disk_is_told(tmp_path):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with running_service(role="api", database_url=url, min_free_disk_mb=1e12) as service:
        found = httpx2.get(f"{service.url}/readyz", timeout=60).json()
        assert (found["status"], found["database"], found["model"]) == ("degraded", "ok", "not configured")
        assert "MB left" in found["reasons"][0]


def test_a_fleet_without_a_worker_is_degraded(postgres_url):
    with running_service(role="api", database_url=postgres_url) as service:
        without = ["no worker gives a sign of life: what is accepted waits for one"]
        until = time.monotonic() + 60
        # An overloaded machine may take too long to say.
        while httpx2.get(f"{service.url}/readyz", timeout=60).json()["reasons"] != without:
            assert time.monotonic() < until
        with service.factory.database.begin("") as tx:
            tx.heartbeats.beat("another", datetime.now(UTC))
        service.factory.workload.forget()
        assert httpx2.get(f"{service.url}/readyz", timeout=60).json()["status"] == "ready"


def test_without_its_database_it_is_not_ready(tmp_path):
    with running_service(role="api", database_url=f"sqlite:///{tmp_path / 'x.db'}") as service:
        service.factory.database.close()
        for file in tmp_path.iterdir():
            file.unlink()
        answer = httpx2.get(f"{service.url}/readyz", timeout=60)
        assert answer.status_code == 503
        assert httpx2.get(f"{service.url}/healthz", timeout=60).status_code == 200
