"""Personal data of the samples goes in, in its place and in odd ones; nothing of it may be found anywhere."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from cryptography.fernet import Fernet

from evals.model_server import ModelServer, failing
from service.cli.demo import samples
from service.factory import Factory
from service.settings import Settings
from service.storage.schema import metadata
from tests.receiver import receiver
from tests.running import running_service
from tests.service.cards import conversation

MODEL_KEY = "sk-the-key-of-the-model"
HOOK_TOKEN = "geheim"
"""Stands in the address that the receiver of webhooks is called by."""

LONG = 24
"""Characters of a turn that are no coincidence."""


def found_in(text: str, sought: list[str]) -> list[str]:
    """Return what occurs in a text; words of alphabets only as words."""
    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    return [
        one
        for one in sought
        if one in plain
        and re.search(rf"(?<![a-zA-Zа-яА-ЯёЁ0-9]){re.escape(one)}(?![a-zA-Zа-яА-ЯёЁ0-9])", plain)
    ]


@pytest.fixture(scope="module")
def gold(samples_personal_data) -> list[str]:
    listed = {one["text"] for entries in samples_personal_data.values() for one in entries}
    return sorted(one for one in listed if len(one) > 1)


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    """Words of the samples that are in no log, redacted or not."""
    turns = [turn["text"] for one in samples() for turn in one["turns"]]
    return [piece for text in turns for piece in re.split(r"[.?!。？！,，]", text) if len(piece) >= LONG]


class Place:
    """A service as a process of its own, and all that it leaves behind."""

    def __init__(self, url: str, folder: Path, environment: dict[str, str]) -> None:
        self.database = url
        self.log = folder / "service.log"
        command = [sys.executable, "-m", "service.cli", "serve", "--port", "0"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        factory = Factory(Settings(database_url=url))
        self.url = self._address()
        _, self.secret = factory.keys.create(
            "default", "Margaret Okafor", ["submit", "read", "review", "admin"]
        )
        factory.close()
        self.client = httpx2.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.secret}"}, timeout=120
        )
        self.errors: list[str] = []

    def send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """Send a request and keep what is said of its mistakes."""
        answer = self.client.request(method, path, **request)
        assert answer.status_code != 500, (method, path, request, self.logged()[-3000:])
        if answer.status_code >= 400:
            self.errors.append(answer.text)
        return answer

    def logged(self) -> str:
        return self.log.read_text("utf-8")

    def stored(self) -> tuple[str, str]:
        """Return everything in the database, and what the job engine has of it."""
        if self.database.startswith("sqlite"):
            return self._in_file(Path(self.database.removeprefix("sqlite:///")))
        return self._in_server()

    def _in_file(self, file: Path) -> tuple[str, str]:
        raw = b"".join(part.read_bytes() for part in sorted(file.parent.glob(f"{file.name}*")))
        with sqlite3.connect(file) as connection:
            names = [
                row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            engine = [
                str(connection.execute(f'SELECT * FROM "{n}"').fetchall())
                for n in names
                if n not in metadata.tables
            ]
        return raw.decode("utf-8", "replace"), "".join(engine)

    def _in_server(self) -> tuple[str, str]:
        query = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information)'"
        everything, engine = [], []
        with psycopg.connect(self.database) as connection:
            for schema, table in connection.execute(query).fetchall():
                rows = str(connection.execute(f'SELECT t::text FROM "{schema}"."{table}" t').fetchall())
                everything.append(rows)
                engine += [rows] if schema == "dbos" else []
        assert engine
        return "".join(everything), "".join(engine)

    def stop(self) -> None:
        """Let it finish, so that what it still has to tell is told."""
        self.process.terminate()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def _address(self) -> str:
        while self.process.poll() is None:
            if found := re.search(r"^listening on (\S+)", self.logged(), re.MULTILINE):
                return found[1]
            time.sleep(0.05)
        raise AssertionError(self.logged())


@contextmanager
def place(url: str, folder: Path, **environment: str):
    own = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "QALIBRATE_"))}
    own |= {"QALIBRATE_LOG_LEVEL": "debug", "QALIBRATE_RATE_LIMIT": "0", "QALIBRATE_DATABASE_URL": url}
    running = Place(url, folder, own | environment)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def odd_bodies(word: str) -> list[Any]:
    """Bodies of a submission with a word where it does not belong."""
    turn = {"speaker": "agent", "text": "Hello"}
    said = {"language": "en", "turns": [turn]}
    bad_conversations = [
        word,
        [word],
        said | {"started_at": word},
        said | {"language": word},
        said | {"channel": word},
        said | {"metrics": {"wait_s": word}},
        said | {"metrics": {word: 1}},
        said | {"external_id": [word]},
        said | {"agent": word},
        {"language": "en", "turns": [turn | {"speaker": word}]},
        {"language": "en", "turns": [turn | {"text": {"said": word}}]},
        {"language": "en", "turns": [turn | {"start_s": word}]},
        {"language": "en", "turns": {word: turn}},
        {"format": word, "content": "x"},
        {"format": "webvtt", "content": f"WEBVTT\n\n{word}\n{word} --> {word}\n{word}"},
        {"format": "srt", "content": f"1\n{word}\nHello"},
        {"format": "text", "content": f"{word} and nobody who says it"},
        {"format": "text", "content": f"{word}: Hello", "speakers": {word: word}},
    ]
    bodies = [{"conversation": one} for one in bad_conversations]
    for name in ("scorecard", "grader", "priority", "callback_url", "metadata", "no such key"):
        bodies.append({"conversation": said, name: word})
    return [*bodies, {"conversation": said, "callback_url": f"ftp://{word}"}, word, [word]]


def send_in_odd_places(here: Place, word: str) -> None:
    for body in odd_bodies(word):
        here.send("POST", "/v1/evaluations", json=body)
    here.send("POST", "/v1/redactions", json={"conversation": word, word: 1})
    for path in ("/v1/evaluations/{}", "/v1/evaluations/{}/vault", "/v1/calibrations/{}", "/v1/{}"):
        here.send("GET", path.format(word.replace("/", "")))
    here.send("GET", "/v1/scorecards/x/revisions/" + word)
    for name in ("status", "cursor", "from", "limit", "disposition", word):
        here.send("GET", "/v1/evaluations", params={name: word})
    here.send("GET", "/v1/reports/means", params={"scorecard": word, "by": word})
    for name, value in (("scorecard", word), ("activate", word), (word, 1)):
        here.send("POST", "/v1/calibrations", json={"scorecard": "inbound-service", name: value})
    here.send("POST", "/v1/scorecards", json={"name": "x", "sections": word, word: 1})
    label = {"conversation": "crm-1", "dimension": "greeting", "rater": "r1", "level": "yes"}
    for name in ("scorecard", "blind", "level", "dimension", "probability", "created_at"):
        wrong = label | {"scorecard": "inbound-service", name: word}
        here.send("POST", "/v1/labels", json={"labels": [wrong]})
    json_type = {"Content-Type": "application/json"}
    for raw in (f'{{"conversation": "{word}', f"{word}", f'{{"conversation": {{"x": NaN, "y": "{word}"}}}}'):
        here.send("POST", "/v1/evaluations", content=raw.encode(), headers=json_type)
    for path in ("/v1/evaluations", "/v1/labels"):
        here.send("POST", path, content=word.encode(), headers={"Content-Type": "text/plain"})
    here.send(
        "POST", "/v1/labels", content=f"{word},{word}\n1,2\n".encode(), headers={"Content-Type": "text/csv"}
    )
    here.client.get("/v1/evaluations", headers={"Authorization": "Bearer qal_no_key_at_all"})
    send_bad_lines(here, word)
    send_bad_reviews(here, word)


def send_bad_lines(here: Place, word: str) -> None:
    lines = [json.dumps(body) for body in odd_bodies(word)] + [word, f'{{"conversation": "{word}']
    kind = {"Content-Type": "application/x-ndjson"}
    batch = here.send("POST", "/v1/batches", content="\n".join(lines).encode(), headers=kind).json()
    told = here.send("GET", f"/v1/batches/{batch['id']}/errors", params={"limit": 200})
    assert len(told.json()["items"]) >= len(lines)
    here.errors.append(told.text)


def send_bad_reviews(here: Place, word: str) -> None:
    done = here.client.get("/v1/evaluations", params={"status": "completed", "limit": 1}).json()["items"]
    at = f"/v1/evaluations/{done[0]['id'] if done else 'x'}"
    verdict = {"dimension": word, "verdict": "accept"}
    here.send("POST", f"{at}/reviews", json={"reviewer": "r1", "verdicts": [verdict]})
    here.send("POST", f"{at}/reviews", json={"reviewer": [word], "verdicts": [{"verdict": word}]})
    appeal = {"dimension": "greeting", "by": "a-1", "reason": "x", "quote": {"turn": 0, "text": word}}
    here.send("POST", f"{at}/appeals", json=appeal | {"dimension": word})
    here.send("POST", f"{at}/appeals", json=appeal | {"quote": {"turn": word}})
    session = {"name": "round", "evaluations": [word], "raters": ["r1", "r2"]}
    here.send("POST", "/v1/calibration-sessions", json=session)
    here.send("POST", "/v1/erasures", json={"evaluations": word})


def submit_samples(here: Place, callback: str, conversations: list[dict[str, Any]]) -> None:
    answers = []
    for position, one in enumerate(conversations):
        body = {"conversation": one, "callback_url": callback}
        answers.append(
            here.send("POST", "/v1/evaluations", json=body, headers={"Idempotency-Key": str(position)})
        )
        body["metadata"] = {"other": "body"}
        again = here.send("POST", "/v1/evaluations", json=body, headers={"Idempotency-Key": str(position)})
        assert again.status_code == 409
    assert {answer.status_code for answer in answers} == {202}
    deadline = time.monotonic() + 120
    for answer in answers:
        while here.send("GET", f"/v1/evaluations/{answer.json()['id']}").json()["status"] in (
            "queued",
            "running",
        ):
            assert time.monotonic() < deadline, here.logged()[-3000:]
            time.sleep(0.1)


@pytest.mark.parametrize(
    ("redact", "half", "words"),
    [
        ("submission", 0, ("Margaret Okafor", "4111 1111 1111 1111")),
        ("worker", 1, ("李晓雯", "lebedeva.s@example.com")),
    ],
)
def test_nothing_personal_is_left_anywhere(redact, half, words, request, tmp_path, gold, sentences):
    url = (
        f"sqlite:///{tmp_path / 'x.db'}"
        if redact == "submission"
        else request.getfixturevalue("postgres_url")
    )
    quoting = f"bad key {MODEL_KEY}; cannot read: {gold[0]} {'; '.join(gold)}"
    trouble = [failing(status, message=quoting) for status in (400, 422, 500)]
    with (
        ModelServer(trouble) as model,
        receiver(statuses=[500], body="; ".join(gold).encode()) as hook,
        receiver() as collector,
        place(
            url,
            tmp_path,
            OPENAI_BASE_URL=model.url,
            OPENAI_API_KEY=MODEL_KEY,
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{collector.port}",
            QALIBRATE_REDACT=redact,
            QALIBRATE_REDACTION_PROCESSES="0",
            QALIBRATE_SECRET_KEY=Fernet.generate_key().decode(),
            QALIBRATE_ALLOW_PRIVATE_CALLBACKS="true",
            QALIBRATE_ENGINE_LOG_LEVEL="DEBUG",
        ) as here,
    ):
        submit_samples(here, hook.url(), samples()[half::2])
        for word in words:
            send_in_odd_places(here, word)
        hook.awaited(1)
        metrics = httpx2.get(f"{here.url}/metrics").text
        listed = here.client.get("/v1/evaluations?limit=200").text
        audit = here.client.get("/v1/audit?limit=200").text
        here.stop()
        stored, engine = here.stored()
    traces = b"".join(one.body for one in collector.received).decode("utf-8", "replace")
    secrets = [MODEL_KEY, here.secret]
    told = {
        "log": here.logged(),
        "metrics": metrics,
        "traces": traces,
        "errors": "\n".join(here.errors),
        "audit": audit,
        "engine": engine,
    }
    assert "request" in told["log"]
    assert "qalibrate" in metrics
    assert "qalibrate" in traces
    assert len(here.errors) > 80
    leaks = {name: found_in(text, [*gold, *secrets]) for name, text in told.items()}
    leaks |= {f"{name}, transcripts": [s for s in sentences if s in text] for name, text in told.items()}
    leaks |= {
        f"{name}, callback": found_in(told[name], [HOOK_TOKEN]) for name in ("log", "metrics", "traces")
    }
    leaks["results"] = found_in(listed, [*gold, *secrets])
    # A key's name is for people and stays where keys are listed.
    named = stored.replace("Margaret Okafor", "", 1)
    leaks["database"] = found_in(named, [*gold, *secrets])
    assert {name: found for name, found in leaks.items() if found} == {}


def test_a_conversation_that_cannot_be_redacted_is_in_no_error_and_no_log(tmp_path, capfd, gold, sentences):
    with running_service(
        "api", database_url=f"sqlite:///{tmp_path / 'x.db'}", redaction_timeout_s=0.001
    ) as slow:
        one = next(iter(samples()))
        answer = slow.client.post("/v1/evaluations", json={"conversation": one})
        assert answer.status_code == 422
        assert "redaction" in answer.json()["type"]
        assert slow.client.post("/v1/redactions", json={"conversation": conversation()}).status_code in (
            200,
            422,
        )
    said = capfd.readouterr()
    text = json.dumps(answer.json(), ensure_ascii=False) + said.out + said.err
    assert found_in(text, gold) == []
    assert not [one for one in sentences if one in text]
