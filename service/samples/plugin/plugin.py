"""A CRM plugin in small: hand a conversation in, wait for the result, take webhooks, trust only signed ones.

Needs Python 3.11 and one package, `standardwebhooks`. Run it: `python plugin.py conversation.json`. Settings
are in README.md beside it. Take `Qalibrate`, `event_in` and `Receiver` into a plugin of your own.
"""

import json
import os
import queue
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

FINAL = ("completed", "failed", "cancelled")
ASK_AGAIN_S = 2.0
LONGEST_PAUSE_S = 60.0
LARGEST_WEBHOOK = 64_000_000
USAGE = """\
usage: QALIBRATE_URL=http://127.0.0.1:8000 QALIBRATE_KEY=... python plugin.py conversation.json
"""


class Refused(Exception):
    """The service says no, and saying the same again would not help: `status`, and the problem in words."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status


class NotGenuine(Exception):
    """The webhook was not signed with our secret, or is a replay of an old one."""


class Qalibrate:
    """The two calls that a plugin needs, which survive a service that is busy, restarting or out of reach."""

    def __init__(self, url: str, key: str, patience_s: float = 600.0) -> None:
        """`patience_s` is how long a call goes on trying."""
        self._url = url.rstrip("/")
        self._key = key
        self._patience_s = patience_s

    def submit(self, request: dict[str, Any], idempotency_key: str, wait_s: int = 20) -> dict[str, Any]:
        """Hand in `{"conversation": ..., "callback_url"?: ...}` and return the evaluation, perhaps finished.

        The idempotency key is a name of yours for this very request, such as the id of the call in the CRM.
        With it trying again is safe: whatever got lost on the way, the conversation is graded once. Raises
        Refused.
        """
        headers = {"Idempotency-Key": idempotency_key, "Prefer": f"wait={wait_s}"}
        return self._call("POST", "/v1/evaluations", headers, request)

    def wait(self, evaluation: dict[str, Any]) -> dict[str, Any]:
        """Ask for an evaluation until it is final, and return it. Raises Refused, TimeoutError."""
        deadline = time.monotonic() + self._patience_s
        while evaluation["status"] not in FINAL:
            if time.monotonic() > deadline:
                raise TimeoutError(f"evaluation {evaluation['id']} is still {evaluation['status']}")
            time.sleep(ASK_AGAIN_S)
            evaluation = self._call("GET", f"/v1/evaluations/{evaluation['id']}", {})
        return evaluation

    def _call(self, method: str, path: str, headers: dict[str, str], body: Any = None) -> dict[str, Any]:
        """Try until there is an answer. 429 and 5xx mean later, and so does no answer at all."""
        deadline = time.monotonic() + self._patience_s
        pause_s = 1.0
        while True:
            try:
                return self._try(method, path, headers, body)
            except urllib.error.HTTPError as error:
                if error.code != 429 and error.code < 500:
                    raise Refused(error.code, _problem(error)) from None
                asked_s = _retry_after(error.headers)
            except OSError:
                asked_s = None  # Refused, reset or timed out: nobody knows whether it arrived, so ask again.
            wait_s = min(pause_s if asked_s is None else asked_s, LONGEST_PAUSE_S)
            if time.monotonic() + wait_s > deadline:
                raise TimeoutError(f"{method} {path} had no answer for {self._patience_s:g} s")
            time.sleep(wait_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _try(self, method: str, path: str, headers: dict[str, str], body: Any) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the address is a setting of ours
            self._url + path,
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json", **headers},
            method=method,
        )
        # Longer than any `Prefer: wait`, which may take a minute.
        with urllib.request.urlopen(request, timeout=90) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found


def _retry_after(headers: Message) -> float | None:
    """Return the seconds that the service asks us to wait, if it does."""
    asked = headers.get("Retry-After", "")
    return float(asked) if asked.isdecimal() else None


def _problem(error: urllib.error.HTTPError) -> str:
    """Return what a problem document says, with every bad field."""
    try:
        problem = json.load(error)
        fields = "; ".join(f"{one['pointer']}: {one['detail']}" for one in problem.get("errors", []))
        return fields or str(problem["detail"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return error.reason


def event_in(secret: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Return the event in a webhook once it is certain that our service sent these very bytes just now.

    `{"type": "evaluation.completed", "timestamp": ..., "data": {the evaluation}}`. While a secret is being
    rotated a webhook carries two signatures, and one that fits is enough. Raises NotGenuine.
    """
    try:
        event: dict[str, Any] = Webhook(secret).verify(body, dict(headers))
    except (WebhookVerificationError, ValueError) as error:
        raise NotGenuine(str(error)) from None
    return event


class Receiver(ThreadingHTTPServer):
    """Takes webhooks and puts their events into `events`, each once: a retry has the same `webhook-id`."""

    def __init__(self, port: int, secret: str) -> None:
        """`port` 0 takes any that is free."""
        super().__init__(("127.0.0.1", port), _Webhook)
        self.secret = secret
        self.events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        # In a real plugin this is a table with a unique key, which outlives the process.
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def take(self, webhook_id: str, event: dict[str, Any]) -> None:
        """Keep an event unless it came before."""
        with self._lock:
            if webhook_id in self._seen:
                return
            self._seen.add(webhook_id)
        self.events.put(event)


class _Webhook(BaseHTTPRequestHandler):
    """Answers at once: 2xx is "I have it", anything else makes the service try again later."""

    server: Receiver
    timeout = 30

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > 12 or int(length) > LARGEST_WEBHOOK:
            self._answer(413)
            return
        # The signature is of the bytes as they came; JSON that was read and written again is other bytes.
        body = self.rfile.read(int(length))
        try:
            event = event_in(self.server.secret, dict(self.headers.items()), body)
        except NotGenuine:
            self._answer(401)
            return
        self.server.take(self.headers["webhook-id"], event)
        self._answer(204)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass  # A conversation's grades do not belong into a log.


def main() -> None:
    """Hand the conversation in, print the result and, where a secret is set, the webhook that tells of it."""
    url, key = os.environ.get("QALIBRATE_URL"), os.environ.get("QALIBRATE_KEY")
    if len(sys.argv) != 2 or not url or not key:
        sys.stderr.write(USAGE)
        raise SystemExit(2)
    try:
        _hand_in(Path(sys.argv[1]), Qalibrate(url, key))
    except (Refused, OSError, ValueError, queue.Empty) as error:  # TimeoutError is an OSError
        sys.stderr.write(f"error: {str(error) or 'the webhook did not come'}\n")
        raise SystemExit(1) from None


def _hand_in(file: Path, service: Qalibrate) -> None:
    request: dict[str, Any] = {"conversation": json.loads(file.read_text("utf-8"))}
    receiver = None
    if secret := os.environ.get("QALIBRATE_WEBHOOK_SECRET"):
        receiver = Receiver(int(os.environ.get("PLUGIN_PORT", "0")), secret)
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        here = f"http://127.0.0.1:{receiver.server_address[1]}/"
        request["callback_url"] = os.environ.get("PLUGIN_URL", here)
    accepted = service.submit(request, f"plugin-{file.stem}")
    evaluation = service.wait(accepted)
    _print(evaluation={"id": evaluation["id"], "status": evaluation["status"], "score": evaluation["score"]})
    if receiver is not None:
        event = receiver.events.get(timeout=120)
        while not event["type"].startswith("evaluation."):  # `review.required` may come before it
            event = receiver.events.get(timeout=120)
        _print(webhook={"type": event["type"], "evaluation": event["data"]["id"]})


def _print(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
