"""A whole service made of processes that can be killed, with callers that never give up and a receiver of
webhooks: what a CRM plugin sees of it on a bad day.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
from standardwebhooks import Webhook

from service.factory import Factory
from service.settings import Settings

SECRET = "whsec_" + "c2VjcmV0IG9mIGEgYmVuY2htYXJrLCAzMiBieXRlcw=="
TENANT = "default"
CARD = "inbound-service"
STARTS_WITHIN_S = 90.0
FINAL = {"completed", "failed", "cancelled"}


class Process:
    """One process of the service; it keeps its port when it is started again."""

    def __init__(self, role: str, environment: dict[str, str], folder: Path, name: str) -> None:
        self.name = name
        self._role = role
        self._environment = environment
        self._log = folder / f"{name}.log"
        self._port = 0
        self.start()

    def start(self) -> None:
        """Start it and wait until it listens. Raises RuntimeError when it does not."""
        command = [sys.executable, "-m", "service.cli", "serve", "--role", self._role]
        command += ["--port", str(self._port)]
        with self._log.open("a") as log:
            log.write("\n--- start\n")
            log.flush()
            # A group of its own: its children are stopped, and ended, with it.
            self._process = subprocess.Popen(
                command, env=os.environ | self._environment, stdout=log, stderr=log, start_new_session=True
            )
        self._port = self._listening_port()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def log(self) -> str:
        """All that it wrote."""
        return self._log.read_text("utf-8", "replace")

    def kill(self) -> None:
        """End it as a power cut would."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def freeze(self) -> None:
        """Stop it where it is."""
        os.killpg(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.killpg(self._process.pid, signal.SIGCONT)

    def end(self) -> int:
        """Ask it to end; return its exit code."""
        self._process.terminate()
        try:
            return self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
            return -9

    def _listening_port(self) -> int:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while self._process.poll() is None and time.monotonic() < deadline:
            since = self.log.rpartition("--- start\n")[2]
            if found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", since):
                return int(found[1])
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} did not start:\n{self.log[-2000:]}")


class Receiver:
    """Takes webhooks, checks their signatures, and turns some away at first."""

    def __init__(self, refuse: float = 0.02) -> None:
        self.delivered: dict[str, Counter[str]] = {}
        self.forged = 0
        self._refuse = refuse
        self._random = random.Random(1)
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    # Whoever sent it was killed meanwhile.
                    return
                self.send_response(receiver.take(dict(self.headers.items()), body))
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Note a webhook; return the status to answer with."""
        lowered = {name.lower(): value for name, value in headers.items()}
        with self._lock:
            try:
                Webhook(SECRET).verify(body.decode(), lowered)
            except Exception:
                self.forged += 1
                return 401
            if self._random.random() < self._refuse:
                return 503
            told = json.loads(body)
            if told["type"] != "review.required":
                evaluation = told["data"]["id"]
                self.delivered.setdefault(evaluation, Counter())[lowered["webhook-id"]] += 1
            return 204

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()


class Outcome(NamedTuple):
    """What became of everything that was accepted."""

    accepted: int
    unfinished: int
    failed: int
    doubled: int
    undelivered: int
    delivered_again: int
    other_ids: int
    forged: int
    model_calls: int
    under_way: int
    reasons: Mapping[str, int] = {}

    @property
    def paid_twice(self) -> int:
        """Requests to the model beyond one for each evaluation."""
        return self.model_calls - self.accepted

    @property
    def is_whole(self) -> bool:
        """Whether nothing was lost, doubled or paid twice beyond one in a hundred."""
        lost = self.unfinished + self.failed + self.doubled + self.undelivered + self.other_ids + self.forged
        return lost == 0 and self.paid_twice <= 0.01 * self.accepted

    def __str__(self) -> str:
        rows = [
            ("accepted evaluations", self.accepted),
            ("without a result", self.unfinished),
            ("failed", self.failed),
            ("conversations evaluated twice", self.doubled),
            ("webhooks never delivered", self.undelivered),
            ("webhooks delivered again, under the same id", self.delivered_again),
            ("events told under more than one id", self.other_ids),
            ("webhooks with a bad signature", self.forged),
            ("model calls paid twice", self.paid_twice),
            ("  under way when the only process was killed", self.under_way),
        ]
        lines = [f"{name:<46}{value:>8,}" for name, value in rows]
        lines += [f"  failed with {reason}: {count}" for reason, count in self.reasons.items()]
        return "\n".join(lines)


class Callers:
    """Post conversations, each under one key, until each is accepted."""

    def __init__(self, urls: list[str], key: str, callback: str, at_once: int = 8) -> None:
        self._urls = urls
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._callback = callback
        self._pool = ThreadPoolExecutor(at_once)
        self.accepted: dict[str, str] = {}
        self.refusals: Counter[str] = Counter()
        self._sent = 0

    def post(self, count: int) -> None:
        """Begin to post so many more."""
        for number in range(self._sent, self._sent + count):
            self._pool.submit(self._until_accepted, number)
        self._sent += count

    def post_evenly(self, count: int, every_s: float) -> None:
        """Post so many more, one every so many seconds."""
        begun = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, begun + number * every_s - time.monotonic()))
            self.post(1)

    def wait(self, seconds: float) -> None:
        """Wait until all are accepted. Raises TimeoutError."""
        _await(lambda: len(self.accepted) == self._sent, seconds, "not everything was accepted")

    def _until_accepted(self, number: int) -> None:
        name = f"conversation-{number}"
        rng = random.Random(number)
        body = json.dumps(
            {"conversation": _conversation(name), "scorecard": CARD, "callback_url": self._callback}
        )
        headers = self._headers | {"Idempotency-Key": name}
        while True:
            try:
                url = rng.choice(self._urls)
                answer = httpx2.post(f"{url}/v1/evaluations", content=body, headers=headers, timeout=30)
            except httpx2.HTTPError as error:
                self.refusals[type(error).__name__] += 1
            else:
                if answer.status_code in (200, 202):
                    self.accepted[name] = answer.json()["id"]
                    return
                self.refusals[str(answer.status_code)] += 1
            time.sleep(rng.uniform(0.1, 0.5))


def _conversation(name: str) -> dict[str, Any]:
    texts = (
        ("agent", "Good morning, how can I help you today?"),
        ("customer", "My kettle stopped working after two days."),
        ("agent", "I am sorry to hear that. I will send you a new one today."),
        ("customer", "That is kind, thank you."),
        ("agent", "Thank you for calling. Have a nice day, goodbye!"),
    )
    turns = [{"speaker": speaker, "text": text} for speaker, text in texts]
    return {"external_id": name, "channel": "call", "language": "en", "turns": turns}


class Fleet:
    """The processes of a service on one database, its callers, its model and its receiver of webhooks."""

    def __init__(self, database_url: str, model_url: str, roles: list[str], **variables: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="qalibrate-fleet-")
        self.receiver = Receiver()
        own = {
            "QALIBRATE_DATABASE_URL": database_url,
            "OPENAI_BASE_URL": model_url,
            "QALIBRATE_MODEL": "stand-in",
            "QALIBRATE_REDACTION_PROCESSES": "1",
            "QALIBRATE_WEBHOOK_SECRET": SECRET,
            "QALIBRATE_ALLOW_PRIVATE_CALLBACKS": "true",
            "QALIBRATE_RATE_LIMIT": "0",
            "QALIBRATE_DEAD_AFTER_S": "10",
            "QALIBRATE_LOG_LEVEL": "warning",
            **variables,
        }
        self.factory = Factory(Settings(database_url=database_url))
        self.factory.upgrade_database()
        _, key = self.factory.keys.create(TENANT, "benchmark", ["submit", "read", "admin"])
        self.key = key
        folder = Path(self._folder.name)
        self.processes = [Process(role, own, folder, f"{role}-{n}") for n, role in enumerate(roles)]
        apis = [one.url for one, role in zip(self.processes, roles, strict=True) if role != "worker"]
        self.callers = Callers(apis, key, self.receiver.url)

    def settle(self, seconds: float) -> None:
        """Wait until everything that was accepted has a result and was delivered, `seconds` at most."""
        self.callers.wait(seconds)
        accepted = set(self.callers.accepted.values())
        _try(lambda: accepted <= set(self.receiver.delivered), seconds)

    def outcome(self, model_calls: int, under_way: int) -> Outcome:
        """Return what became of it all, from the database and the receiver; `under_way` are calls that a kill
        cut off, which nobody can help.
        """
        accepted = set(self.callers.accepted.values())
        status = self._status()
        told = {one: ids for one, ids in self.receiver.delivered.items() if one in accepted}
        by_conversation = Counter(one["external_id"] for one in status.values())
        failed = [status[one] for one in accepted if one in status and status[one]["status"] == "failed"]
        return Outcome(
            accepted=len(accepted),
            unfinished=sum(one not in status or status[one]["status"] not in FINAL for one in accepted),
            failed=len(failed),
            doubled=sum(count > 1 for count in by_conversation.values()),
            undelivered=len(accepted - told.keys()),
            delivered_again=sum(sum(ids.values()) - len(ids) for ids in told.values()),
            other_ids=sum(len(ids) > 1 for ids in told.values()),
            forged=self.receiver.forged,
            model_calls=model_calls,
            under_way=under_way,
            reasons=Counter(f"{one['error']['type']}: {one['error']['detail']}" for one in failed),
        )

    def faults(self) -> list[str]:
        """Return what processes logged of work that broke."""
        return [line for one in self.processes for line in one.log.splitlines() if " broke" in line]

    def close(self) -> None:
        """End every process."""
        for process in self.processes:
            process.kill()
        self.receiver.close()
        self.factory.close()
        self._folder.cleanup()

    def _status(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        headers = {"Authorization": f"Bearer {self.key}"}
        cursor: str | None = None
        url = f"{self.callers._urls[0]}/v1/evaluations"
        while True:
            params = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
            page = httpx2.get(url, params=params, headers=headers, timeout=60).raise_for_status().json()
            found |= {one["id"]: one for one in page["items"]}
            cursor = page["next_cursor"]
            if cursor is None:
                return found


@contextmanager
def fleet(database_url: str, model_url: str, roles: list[str], **variables: str) -> Iterator[Fleet]:
    """Run one until the end of the block."""
    running = Fleet(database_url, model_url, roles, **variables)
    try:
        yield running
    finally:
        running.close()


def _await(condition: Callable[[], bool], seconds: float, problem: str) -> None:
    if not _try(condition, seconds):
        raise TimeoutError(problem)


def _try(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
