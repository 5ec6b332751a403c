"""`QALIBRATE_REDACT=worker`: what comes waits sealed until a worker has redacted it."""

import json
import time
from contextlib import closing
from pathlib import Path

import pytest

from service.usecases.seal import new_key
from tests.running import RunningService, running_service
from tests.service.cards import conversation

PHONE = "+1 212 555 0142"
SAID = (
    "Good morning, my name is Ann Lee.",
    f"I am Wilhelmina Quux, call me at {PHONE} about the blue kettle.",
)
PRIVATE = ("Ann Lee", "Quux", "555 0142", "kettle", "gold-ticket", "Ms Pepper")


def request(**more) -> dict:
    team = {"id": "a-1", "name": "Ann Lee", "team": "team of Ms Pepper"}
    spoken = conversation(*SAID, external_id="crm-1", agent=team, note="gold-ticket of Wilhelmina Quux")
    return {"conversation": spoken, "scorecard": "inbound-service", **more}


def files_of(url: str) -> bytes:
    file = Path(url.removeprefix("sqlite:///"))
    return b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))


def private_in(content: bytes) -> list[str]:
    return [word for word in PRIVATE if word.encode() in content]


def await_status(service: RunningService, evaluation: str, *wanted: str) -> dict:
    until = time.monotonic() + 60
    while True:
        found = service.client.get(f"/v1/evaluations/{evaluation}", params={"include": "turns"}).json()
        if found["status"] in wanted or time.monotonic() > until:
            return found
        time.sleep(0.05)


@pytest.fixture
def url(tmp_path) -> str:
    return f"sqlite:///{tmp_path / 'sealed.db'}"


def test_raw_text_is_on_disk_only_sealed_and_gone_once_it_is_redacted(url, capfd):
    keys = {"redact": "worker", "secret_key": new_key(), "vault_key": new_key(), "log_level": "info"}
    with running_service("api", database_url=url, **keys) as service:
        accepted = service.client.post("/v1/evaluations", json=request()).json()
        waiting = await_status(service, accepted["id"], "queued")
        assert private_in(json.dumps([accepted, waiting]).encode()) == []
        assert (waiting["external_id"], waiting["turns"], waiting["metadata"]) == ("crm-1", [], {})
        assert waiting["redaction"]["version"] == "pending"
        assert private_in(files_of(url)) == []
    with running_service(database_url=url, **keys) as service:
        done = await_status(service, accepted["id"], "completed", "failed")
        assert done["status"] == "completed"
        assert done["redaction"]["entities"]["PHONE_NUMBER"] == 1
        assert done["redaction"]["version"] != "pending"
        assert "kettle" in done["turns"][1]["text"]
        assert "PERSON" in done["metadata"]["note"]
        vault = service.client_of("default", "restore").get(f"/v1/evaluations/{done['id']}/vault").json()
        assert PHONE in {original["text"] for original in vault["originals"]}
        with closing(service.factory.database.engine.raw_connection()) as connection:
            assert connection.execute("SELECT count(*) FROM sealed_requests").fetchone() == (0,)
        assert {"Quux", "555 0142", "Ann Lee"}.isdisjoint(private_in(files_of(url)))
    logged = capfd.readouterr()
    assert private_in((logged.out + logged.err).encode()) == []


def test_what_a_lost_key_sealed_waits_and_says_so_until_the_key_is_back(url):
    old, new = new_key(), new_key()
    with running_service("api", database_url=url, redact="worker", secret_key=old) as service:
        first = service.client.post("/v1/evaluations", json=request()).json()["id"]
    with running_service(database_url=url, redact="worker", secret_key=new) as service:
        second = service.client.post("/v1/evaluations", json=request()).json()["id"]
        assert await_status(service, second, "completed", "failed")["status"] == "completed"
        found = service.client.get(f"/v1/evaluations/{first}").json()
        assert (found["status"], found["waiting"]["type"]) == ("queued", "secret-key-missing")
        assert any(
            "QALIBRATE_SECRET_KEY" in reason for reason in service.client.get("/readyz").json()["reasons"]
        )
    with running_service(database_url=url, redact="worker", secret_key=f"{new},{old}") as service:
        done = await_status(service, first, "completed", "failed")
        assert (done["status"], done["waiting"]) == ("completed", None)


def test_what_cannot_be_redacted_fails_with_the_reason_and_is_not_kept(url):
    settings = {"database_url": url, "redact": "worker", "secret_key": new_key()}
    with running_service(**settings, redaction_timeout_s=1e-9) as service:
        evaluation = service.client.post("/v1/evaluations", json=request()).json()["id"]
        done = await_status(service, evaluation, "completed", "failed")
        assert (done["status"], done["error"]["type"]) == ("failed", "redaction-too-slow")
        with closing(service.factory.database.engine.raw_connection()) as connection:
            assert connection.execute("SELECT count(*) FROM sealed_requests").fetchone() == (0,)
        foreign = conversation(
            "Bonjour madame, comment puis-je vous aider avec votre commande aujourd'hui ?" * 3
        )
        foreign.pop("language", None)
        for body, pointer in (
            ({"conversation": foreign}, "/conversation/language"),
            (request(scorecard="no-such-card"), "/scorecard"),
        ):
            answer = service.client.post("/v1/evaluations", json=body)
            assert answer.status_code == 422, answer.text
            assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
