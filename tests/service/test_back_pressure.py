"""Too much at once is refused in time; a disk that is full all the same loses nothing."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from threading import Timer
from urllib.parse import urlsplit

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from service.api.strict import read_json
from service.domain.errors import StorageFull, TooBusy
from service.storage.database import translated_errors
from tests.running import RunningService, running_service
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


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A service whose queue is full for as long as the tests last."""
    url = f"sqlite:///{tmp_path_factory.mktemp('full') / 'x.db'}"
    with running_service("api", database_url=url, max_queued=1) as service:
        keep(service.factory.database, "other", "0" * 32, None, datetime.now(UTC))
        yield service


def eventually_interrupted(service: RunningService, key: str) -> bool:
    """Whether the batch with this key comes to be marked as interrupted in the database, not only for age."""
    for _ in range(300):
        with service.factory.database.begin("default") as tx:
            query = sa.text("SELECT status FROM batches WHERE idempotency_key = :key")
            if tx.connection.scalar(query, {"key": key}) == "interrupted":
                return True
        time.sleep(0.1)
    return False


def send_batch(service: RunningService, key: str) -> socket.socket:
    """Return the connection over which a batch was sent, and no answer was waited for."""
    where, body = urlsplit(service.url), json.dumps(BODY) + "\n"
    head = (
        "POST /v1/batches HTTP/1.1",
        f"Host: {where.netloc}",
        f"Authorization: {service.client.headers['authorization']}",
        "Content-Type: application/x-ndjson",
        f"Idempotency-Key: {key}",
        f"Content-Length: {len(body)}",
        "",
        body,
    )
    connection = socket.create_connection((where.hostname, where.port), timeout=60)
    connection.sendall("\r\n".join(head).encode())
    return connection


def eventually_open(service: RunningService, key: str) -> bool:
    for _ in range(300):
        with service.factory.database.begin("default") as tx:
            query = sa.text("SELECT count(*) FROM batches WHERE idempotency_key = :key")
            if tx.connection.scalar(query, {"key": key}):
                return True
        time.sleep(0.1)
    return False


def test_a_batch_that_waits_for_room_notices_that_its_caller_left(full):
    connection = send_batch(full, "left")
    assert eventually_open(full, "left")
    connection.close()
    assert eventually_interrupted(full, "left")


def test_a_batch_without_room_for_long_is_told_to_come_again(full):
    async def lines() -> AsyncIterator[bytes]:
        yield json.dumps(BODY).encode()

    take = full.factory.take_batch(read_json)
    take._give_up_s = 0.1
    with pytest.raises(TooBusy, match="send the same lines again under the same Idempotency-Key") as refused:
        asyncio.run(take("default", lines(), "patient"))
    assert refused.value.retry_after_s >= 1
    assert eventually_interrupted(full, "patient")


def test_a_batch_that_waits_for_room_ends_with_the_process(full):
    with send_batch(full, "stopped") as connection:
        assert eventually_open(full, "stopped")
        full.factory.stop_taking()
        answer = ""
        while not answer.endswith("}") and (piece := connection.recv(65536)):
            answer += piece.decode()
    assert " 503 " in answer.splitlines()[0]
    assert "the service is stopping" in answer
    assert eventually_interrupted(full, "stopped")


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
