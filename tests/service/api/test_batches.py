import json
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx2
import pytest

from service.domain.batch import LineProblem, TakenLine
from service.storage.batches import MOST_REJECTED
from tests.running import RunningService, running_service
from tests.service.cards import conversation

CARD_NUMBER = "4111 1111 1111 1111"
NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def batching(request, tmp_path_factory):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('batches') / 'service.db'}"
    else:
        url = request.getfixturevalue("postgres_server").create_database()
    with running_service(database_url=url, max_body_bytes=20_000) as running:
        yield running


def line(number: int, **more) -> str:
    return json.dumps({"conversation": conversation(external_id=f"c-{number}"), **more})


def send(client: httpx2.Client, lines: list[str], key: str | None = None, **query) -> httpx2.Response:
    headers = NDJSON | ({"Idempotency-Key": key} if key else {})
    return client.post("/v1/batches", content="\n".join(lines), headers=headers, params=query)


def evaluations_of(client: httpx2.Client, batch: str) -> list[dict]:
    return client.get("/v1/evaluations", params={"batch": batch, "limit": 200}).json()["items"]


def await_final(client: httpx2.Client, batch: str) -> dict:
    until = time.monotonic() + 60
    while True:
        found = client.get(f"/v1/batches/{batch}").json()
        if set(found["evaluations"]) <= {"completed", "failed", "cancelled"} or time.monotonic() > until:
            return found
        time.sleep(0.1)


def test_every_line_is_graded_and_the_bad_ones_are_told_by_number(batching: RunningService):
    client = batching.client_of("told")
    lines = [
        line(1),
        "",
        "{",
        line(2, scorecard="no-such-card"),
        json.dumps({"conversation": {"turns": [{"speaker": "nobody", "text": "x"}]}}),
        json.dumps({"conversation": conversation("x" * 30_000)}),
        "[]",
        line(3),
    ]
    answer = send(client, lines)
    assert answer.status_code == 202, answer.text
    batch = answer.json()
    assert answer.headers["location"] == f"/v1/batches/{batch['id']}"
    assert (batch["status"], batch["lines"], batch["accepted"], batch["rejected"]) == ("closed", 7, 2, 5)
    told = [(one["line"], one["pointer"]) for one in batch["errors"]]
    assert told == [(3, ""), (4, "/scorecard"), (5, "/conversation/turns/0/speaker"), (6, ""), (7, "")]
    done = await_final(client, batch["id"])
    assert done["evaluations"] == {"completed": 2}
    assert {one["external_id"] for one in evaluations_of(client, batch["id"])} == {"c-1", "c-3"}


def test_the_same_lines_sent_again_under_one_key_are_graded_once(batching: RunningService):
    client = batching.client_of("again")
    first = send(client, [line(1), line(2)], key="night")
    more = send(client, [line(1), line(2), line(3)], key="night").json()
    assert more["id"] == first.json()["id"]
    assert (more["lines"], more["accepted"], more["errors"]) == (3, 3, [])
    assert len(evaluations_of(client, more["id"])) == 3
    changed = send(client, [line(1), line(9), line(3)], key="night").json()
    assert (changed["accepted"], [one["line"] for one in changed["errors"]]) == (3, [2])
    assert len(evaluations_of(client, more["id"])) == 3
    assert send(client, [line(1)]).json()["id"] != more["id"]


def test_a_bad_line_that_was_mended_is_taken_when_it_comes_again(batching: RunningService):
    client = batching.client_of("mended")
    assert send(client, [line(1), "{"], key="k").json()["rejected"] == 1
    mended = send(client, [line(1), line(2)], key="k").json()
    assert (mended["accepted"], mended["rejected"], mended["errors"]) == (2, 0, [])


def test_a_line_with_a_key_of_its_own_is_the_same_request_alone_and_in_any_batch(batching: RunningService):
    client = batching.client_of("keys")
    body = {"conversation": conversation(external_id="c-1")}
    alone = client.post("/v1/evaluations", json=body, headers={"Idempotency-Key": "one"}).json()
    keyed = [line(1, idempotency_key="one"), line(2, idempotency_key="one"), line(3, idempotency_key=7)]
    batch = send(client, keyed).json()
    assert (batch["accepted"], batch["duplicates"], batch["rejected"]) == (0, 1, 2)
    assert {(one["line"], one["pointer"]) for one in batch["errors"]} == {
        (2, "/idempotency_key"),
        (3, "/idempotency_key"),
    }
    assert [one["id"] for one in client.get("/v1/evaluations").json()["items"]] == [alone["id"]]


def test_lines_that_say_nothing_of_it_take_what_the_query_says(batching: RunningService):
    client = batching.client_of("defaults")
    lines = [line(1), line(2, scorecard="complaint-handling")]
    batch = send(client, lines, scorecard="inbound-service", grader="signals").json()
    cards = {one["external_id"]: one["scorecard"]["name"] for one in evaluations_of(client, batch["id"])}
    assert cards == {"c-1": "inbound-service", "c-2": "complaint-handling"}


@pytest.mark.parametrize(
    "query", [{"scorecard": "no-such-card"}, {"scorecard": "inbound-service@99"}, {"grader": "llm"}]
)
def test_a_query_that_no_line_could_go_by_is_refused_before_any_is_read(batching: RunningService, query):
    client = batching.client_of("early")
    refused = send(client, [line(1)], key="early", **query)
    assert refused.status_code == 422
    assert client.get("/v1/batches").json()["items"] == []


def test_errors_and_batches_come_in_pages(batching: RunningService):
    client = batching.client_of("pages")
    first = send(client, ["{"] * 7).json()
    send(client, [line(1)])
    path = f"/v1/batches/{first['id']}/errors"
    page = client.get(path, params={"limit": 5}).json()
    rest = client.get(path, params={"limit": 5, "cursor": page["next_cursor"]}).json()
    assert [one["line"] for one in page["items"] + rest["items"]] == [1, 2, 3, 4, 5, 6, 7]
    assert rest["next_cursor"] is None
    newest = client.get("/v1/batches", params={"limit": 1}).json()
    older = client.get("/v1/batches", params={"limit": 1, "cursor": newest["next_cursor"]}).json()
    assert [one["id"] for one in older["items"]] == [first["id"]]
    assert older["next_cursor"] is None
    assert client.get(path, params={"cursor": "x"}).status_code == 422


def test_anothers_batch_is_an_unknown_one(batching: RunningService):
    mine = send(batching.client_of("mine"), [line(1)], key="k").json()["id"]
    other = batching.client_of("other")
    unknown = other.get("/v1/batches/nothing").json()
    assert other.delete(f"/v1/batches/{mine}").status_code == 404
    for path in (f"/v1/batches/{mine}", f"/v1/batches/{mine}/errors"):
        assert other.get(path).status_code == 404
    assert other.get(f"/v1/batches/{mine}").json()["detail"] == unknown["detail"].replace("nothing", mine)
    assert other.get("/v1/evaluations", params={"batch": mine}).json()["items"] == []
    assert send(other, [line(1)], key="k").json()["id"] != mine


def test_nothing_that_was_said_is_kept_of_a_bad_line(batching: RunningService):
    client = batching.client_of("said")
    secret = "Wilhelmina Quux"
    lines = [
        json.dumps({"conversation": {"format": "webvtt", "content": f"WEBVTT\n\n{secret} nonsense"}}),
        json.dumps({"conversation": conversation(metrics={secret: 1}), secret: 2}),
        json.dumps({"conversation": {"turns": [{"speaker": secret, "text": secret}]}}),
        f'{{"conversation": "{secret}',
    ]
    batch = send(client, lines).json()
    assert batch["rejected"] == 4
    assert "Quux" not in json.dumps(batch)


def test_what_came_before_a_broken_connection_is_taken_and_the_rest_can_follow(batching: RunningService):
    client = batching.client_of("broken")
    lines = [line(number) for number in range(1, 41)]
    body = "\n".join(lines).encode()
    cut = body.index(lines[25].encode()) + 10
    with _sent_in_part(batching.url, client.headers["Authorization"], body, cut):
        # What nobody has read when the connection breaks is lost with it.
        assert _first_batch_once(client, lambda batch: batch["accepted"] == 25)["status"] == "open"
    found = _first_batch_once(client, lambda batch: batch["status"] == "interrupted")
    assert found["accepted"] == 25
    whole = send(client, lines, key="broken").json()
    assert (whole["id"], whole["status"], whole["accepted"]) == (found["id"], "closed", 40)
    taken = evaluations_of(client, whole["id"])
    assert sorted(one["external_id"] for one in taken) == sorted(f"c-{n}" for n in range(1, 41))


def _first_batch_once(client: httpx2.Client, wanted) -> dict:
    until = time.monotonic() + 60
    while True:
        found = client.get("/v1/batches").json()["items"]
        if found and wanted(found[0]):
            return found[0]
        assert time.monotonic() < until, found
        time.sleep(0.05)


@contextmanager
def _sent_in_part(url: str, authorization: str, body: bytes, cut: int) -> Iterator[None]:
    address = urlsplit(url)
    head = (
        f"POST /v1/batches HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: {authorization}\r\n"
        f"Content-Type: application/jsonl\r\nIdempotency-Key: broken\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode() + body[:cut])
        yield


def test_a_body_of_another_kind_is_refused(batching: RunningService):
    answer = batching.client.post("/v1/batches", json={"conversation": conversation()})
    assert answer.status_code == 415


def test_a_batch_is_larger_than_any_single_request_may_be(batching: RunningService):
    client = batching.client_of("large")
    lines = [
        json.dumps({"conversation": conversation(f"Hello {number} " + "word " * 300)}) for number in range(60)
    ]
    assert sum(map(len, lines)) > 3 * batching.factory.settings.max_body_bytes
    assert send(client, lines).json()["accepted"] == 60


def test_what_is_left_of_a_batch_is_cancelled(batching: RunningService):
    client = batching.client_of("cancelled")
    batch = send(client, [line(number) for number in range(1, 151)] + ["{"]).json()["id"]
    answer = client.delete(f"/v1/batches/{batch}")
    assert answer.status_code == 200, answer.text
    counts = answer.json()["evaluations"]
    assert (sum(counts.values()), set(counts) <= {"cancelled", "completed"}) == (150, True)
    again = client.delete(f"/v1/batches/{batch}").json()
    assert (again["evaluations"], again["rejected"]) == (counts, 1)
    lines = client.get("/v1/audit", params={"subject": batch}).json()["items"]
    told = sum(one["details"]["cancelled"] for one in lines if one["action"] == "batch.cancelled")
    assert told == counts.get("cancelled", 0)


def test_of_ten_thousand_rejected_lines_on_only_their_number_is_kept(batching: RunningService):
    now = datetime.now(UTC)

    def rejected(lines):
        problem = LineProblem(line=1, pointer="", detail="no")
        return [TakenLine(line=n, body_sha256="", outcome="rejected", problems=(problem,)) for n in lines]

    with batching.factory.database.begin("many") as tx:
        batch = tx.batches.receive(uuid.uuid4().hex, "key", "one", now)
        tx.batches.record(batch, rejected(range(1, MOST_REJECTED)), ())
        tx.batches.record(batch, rejected(range(MOST_REJECTED, MOST_REJECTED + 64)), ())
        found = tx.batches.get(batch)
        assert (found.rejected, found.errors_left_out) == (MOST_REJECTED + 63, 63)
        kept = tx.batches.taken(batch, range(MOST_REJECTED - 1, MOST_REJECTED + 64))
        assert set(kept) == {MOST_REJECTED - 1, MOST_REJECTED}
        accepted = TakenLine(line=MOST_REJECTED + 64, body_sha256="x", outcome="duplicate")
        tx.batches.record(batch, [accepted], ())
        assert tx.batches.receive(uuid.uuid4().hex, "key", "two", now) == batch
        assert (tx.batches.get(batch).rejected, tx.batches.get(batch).lines) == (10_000, 10_001)
        tx.batches.record(batch, rejected(range(1, 3)), rejected(range(1, 3)))
        assert tx.batches.get(batch).rejected == MOST_REJECTED
