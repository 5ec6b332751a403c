import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import sqlalchemy as sa

from service.cli.serve import only_process
from service.domain.evaluation import Waiting
from service.domain.finding import Finding
from service.factory import Factory
from service.grading.endpoint import ask, look_at
from service.settings import Settings
from service.usecases.doctor.of_database import Database
from service.usecases.seal import Seal, new_key
from tests.service.results import keep


def factory_on(url: str, **settings) -> Factory:
    factory = Factory(Settings(database_url=url, redaction_processes=0, **settings))
    factory.upgrade_database()
    return factory


def examined(factory: Factory) -> dict[str, Finding]:
    found = Database(factory.settings, lambda: factory.webhook_secrets).examine()
    return {finding.check: finding for finding in found}


def test_a_fresh_database_is_fine_and_lacks_keys_and_workers(database_url):
    factory = factory_on(database_url)
    found = examined(factory)
    assert found["database"].state == "ok"
    assert found["keys"].state == "warn"
    assert "qalibrate keys create" in found["keys"].remedy
    assert ("workers" in found) is not factory.database.is_sqlite
    assert not any(finding.state == "fail" for finding in found.values())
    factory.keys.create("acme", "crm", ["submit"])
    assert examined(factory)["keys"].detail == "1 in use"


def test_a_queue_that_is_full_or_holds_what_is_parked_is_warned_of(database_url):
    factory = factory_on(database_url, max_queued=2)
    assert examined(factory)["queue"].state == "ok"
    keep(factory.database, "acme", "1" * 32, None, datetime.now(UTC))
    assert examined(factory)["queue"].state == "ok"
    with factory.database.begin("acme") as tx:
        now = datetime.now(UTC)
        tx.evaluations.park("1" * 32, Waiting(type="model-away", detail="away", since=now, until=now))
    assert examined(factory)["queue"].state == "warn"
    keep(factory.database, "acme", "2" * 32, None, datetime.now(UTC))
    assert "it is full" in examined(factory)["queue"].detail


@pytest.mark.parametrize(
    ("version", "detail", "remedy"),
    [("0004", "tables 0004, needed are", "db upgrade"), ("9999", "does not know", "version of qalibrate")],
)
def test_tables_of_another_version_are_told_with_what_to_do(database_url, version, detail, remedy):
    factory = factory_on(database_url)
    with factory.database.begin("") as tx:
        tx.connection.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": version})
    found = examined(factory)["database"]
    assert found.state == "fail"
    assert detail in found.detail
    assert remedy in found.remedy


def test_a_process_that_serves_the_file_is_seen_and_no_failure(tmp_path):
    factory = factory_on(f"sqlite:///{tmp_path / 'x.db'}")
    assert examined(factory)["process"].detail.startswith("no process serves")
    with only_process(factory):
        found = examined(factory)["process"]
        assert (found.state, found.detail.split(" ")[0]) == ("ok", "another")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://nobody:hidden@127.0.0.1:1/none", "nothing listens"),
        ("postgresql://nobody:hidden@no-such-host.invalid/none", "has no address (DNS)"),
    ],
)
def test_why_a_database_cannot_be_reached_is_told_without_its_password(address, said):
    factory = Factory(Settings(database_url=address))
    found = examined(factory)["database"]
    assert found.state == "fail"
    assert said in found.detail
    assert "hidden" not in found.detail + found.remedy


def test_a_database_that_is_not_there_is_told(postgres_server):
    factory = Factory(Settings(database_url=f"{postgres_server.url}/nowhere"))
    assert "the database or the user is not" in examined(factory)["database"].detail


def test_nothing_is_made_where_there_is_no_database_yet(tmp_path):
    factory = Factory(Settings(database_url=f"sqlite:///{tmp_path / 'x.db'}"))
    assert examined(factory)["database"].state == "warn"
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_nearly_full_is_a_failure(tmp_path):
    factory = factory_on(f"sqlite:///{tmp_path / 'x.db'}", min_free_disk_mb=1e12)
    assert examined(factory)["disk"].state == "fail"


@pytest.mark.parametrize(("keys", "state"), [("ours", "ok"), ("others", "fail"), ("none", "warn")])
def test_keys_are_tried_on_what_they_have_to_open(tmp_path, keys, state):
    ours = new_key()
    given = {"ours": ours, "others": new_key(), "none": None}[keys]
    factory = factory_on(f"sqlite:///{tmp_path / 'x.db'}", vault_key=given)
    with factory.database.begin("default") as tx:
        tx.vaults.add("e1", Seal([ours]).seal("e1", []), datetime.now(UTC))
    assert examined(factory)["vault"].state == state


async def test_the_whole_examination_names_no_secret(tmp_path):
    secrets = {"vault_key": new_key(), "secret_key": new_key(), "openai_api_key": "sk-hidden"}
    url = "postgresql://someone:hidden@127.0.0.1:1/none"
    found = await Factory(
        Settings(database_url=url, openai_base_url="http://127.0.0.1:1", **secrets)
    ).doctor()
    told = " ".join(f"{finding.detail} {finding.remedy}" for finding in found)
    assert not any(secret in told for secret in (*secrets.values(), "hidden"))
    failed = {finding.check for finding in found if finding.state == "fail"}
    assert failed == {"database", "model"}
    assert {"redaction en", "redaction ru", "redaction zh"} <= {finding.check for finding in found}


@contextmanager
def model_server(status: int, body: bytes = b"{}") -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status if self.headers["Authorization"] == "Bearer right" else 401)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "key", "body", "state", "said"),
    [
        (200, "right", b'{"data": [{"id": "m-1"}]}', "ok", "has 'm-1'"),
        (200, "right", b'{"data": [{"id": "m-2"}]}', "warn", "knows no 'm-1'"),
        (200, "right", b"[]", "ok", "answers"),
        (200, "wrong", b"{}", "fail", "refuses the key"),
        (404, "right", b"{}", "warn", "the key was not tried"),
        (500, "right", b"{}", "warn", "answers with 500"),
    ],
)
async def test_a_models_server_is_asked_for_its_models(status, key, body, state, said):
    with model_server(status, body) as url:
        found = await look_at(url, key, "m-1")
    assert found.state == state
    assert said in found.detail


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1/v1", "refuses connections"),
        ("http://no-such-host.invalid/v1", "has no address (DNS)"),
    ],
)
async def test_why_a_models_server_cannot_be_reached_is_told(url, said):
    found = await look_at(url, "", "m-1")
    assert found.state == "fail"
    assert said in found.detail


async def test_asking_without_a_model_is_told():
    assert (await ask(None)).state == "fail"
