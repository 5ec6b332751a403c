"""The service as processes of their own, which can be stopped, frozen and killed."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import httpx2

from evals.model_server import ModelServer
from service.factory import Factory


class Process:
    """The service as a process of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        command = [sys.executable, "-m", "service.cli", "serve", "--port", "0"]
        with tempfile.NamedTemporaryFile("w", suffix=".log", delete=False) as log:
            self.log = Path(log.name)
            self.process = subprocess.Popen(command, env=environment, stderr=log)
        self.url = self._address()

    def _address(self) -> str:
        while self.process.poll() is None:
            if found := re.search(r"^listening on (\S+)", self.log.read_text(), re.MULTILINE):
                return found[1]
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def end(self) -> int:
        """Tell it to end, and return its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=90)

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.log.unlink(missing_ok=True)


@contextmanager
def process(environment):
    running = Process(environment)
    try:
        yield running
    finally:
        running.kill()


def environment_of(url: str, model: ModelServer, **more: str) -> dict[str, str]:
    own = {"QALIBRATE_DATABASE_URL": url, "OPENAI_BASE_URL": model.url, "QALIBRATE_REDACTION_PROCESSES": "0"}
    return os.environ | own | {"QALIBRATE_LOG_LEVEL": "error", "QALIBRATE_RATE_LIMIT": "0"} | more


def client_of(url: str, factory: Factory) -> httpx2.Client:
    _, secret = factory.keys.create("default", "test", ["submit", "read"])
    return httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {secret}"}, timeout=60)


def await_final(client: httpx2.Client, ids: list[str], seconds: float) -> dict[str, str]:
    deadline = time.monotonic() + seconds
    while True:
        status = {one: client.get(f"/v1/evaluations/{one}").json()["status"] for one in ids}
        if set(status.values()) <= {"completed", "failed"} or time.monotonic() > deadline:
            return status
        time.sleep(0.2)
