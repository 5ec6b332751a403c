"""Too much at once is refused in time; a disk that is full all the same loses nothing."""

import json
import time
from datetime import UTC, datetime
from threading import Timer

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from service.domain.errors import StorageFull
from service.storage.database import translated_errors
from tests.running import running_service
from tests.service.cards import conversation
from tests.service.results import keep

BODY = {"conversation": conversation(), "scorecard": "inbound-service"}


def test_a_full_queue_is_a_429_that_says_when_to_try_again(tmp_path):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with running_service("api", database_url=url, max_queued=3) as service:
        headers = {"Idempotency-Key": "known"}
        known = service.client.post("/v1/evaluations", json=BODY, headers=headers).json()["id"]
        for _ in range(2):
            assert service.client.post("/v1/evaluations", json=BODY).status_code == 202
        refused = service.client.post("/v1/evaluations", json=BODY)
        assert (refused.status_code, refused.json()["type"]) == (429, "urn:qalibrate:problem:too-busy")
        assert int(refused.headers["retry-after"]) >= 1
        again = service.client.post("/v1/evaluations", json=BODY, headers=headers)
        assert (again.status_code, again.json()["id"]) == (202, known)


def test_a_batch_waits_for_room_and_loses_no_line(tmp_path):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with running_service(database_url=url, max_queued=5) as service:
        for number in range(5):
            keep(service.factory.database, "other", f"{number}" * 32, None, datetime.now(UTC))
        service.factory.pressure.took(5)
        client = service.client_of("lines")

        def room() -> None:
            with service.factory.database.begin("other") as tx:
                tx.connection.execute(sa.text("UPDATE evaluations SET status = 'cancelled'"))

        lines = "\n".join(json.dumps(BODY) for _ in range(3))
        timer = Timer(1.5, room)
        timer.start()
        started = time.monotonic()
        answer = client.post("/v1/batches", content=lines, headers={"Content-Type": "application/jsonl"})
        timer.join()
        assert answer.json()["accepted"] == 3
        assert time.monotonic() - started > 1


def test_a_full_disk_is_a_503_with_the_reason_and_passes_by_itself(tmp_path):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with running_service(database_url=url) as service:
        first = service.grade(BODY["conversation"])
        is_full = [True]

        def limit(connection) -> None:
            driver = connection.connection.dbapi_connection
            driver.execute(f"PRAGMA max_page_count={1 if is_full[0] else 1_000_000}")

        event.listen(service.factory.database.engine, "begin", limit)
        large = {"conversation": conversation("Hello there. " * 3000)}
        refused = service.client.post("/v1/evaluations", json=large)
        assert refused.status_code == 503
        assert refused.json()["type"] == "urn:qalibrate:problem:insufficient-storage"
        assert "full" in refused.json()["detail"]
        assert service.client.get(f"/v1/evaluations/{first['id']}").json()["status"] == "completed"
        is_full[0] = False
        assert service.grade(large["conversation"])["status"] == "completed"


def test_a_server_without_room_is_told_from_one_that_is_away():
    full = OperationalError("INSERT", {}, psycopg.errors.DiskFull("could not extend file"))
    with pytest.raises(StorageFull), translated_errors():
        raise full
