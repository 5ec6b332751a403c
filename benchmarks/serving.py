"""The service and our stand-in model as processes of their own, and the CPU time that processes used."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from service.factory import Factory
from service.settings import Settings

TURNS = 60
CARD = "inbound-service"
STARTS_WITHIN_S = 120.0


class Service(NamedTuple):
    """A running service: where it listens, a key that may submit and read, and its process."""

    url: str
    key: str
    pid: int


class CpuSeconds(NamedTuple):
    """CPU time used so far by the service's own process and by the processes that redact."""

    service: float
    redaction: float

    def since(self, before: "CpuSeconds") -> "CpuSeconds":
        """Return what was used from `before` to this moment."""
        return CpuSeconds(self.service - before.service, self.redaction - before.redaction)

    @property
    def share(self) -> float:
        """The part of all of it that is redaction, 0–1."""
        return self.redaction / (self.service + self.redaction)


def sixty_turns() -> dict[str, Any]:
    """Return a call of 60 turns, joined from the bundled samples."""
    folder = resources.files("service").joinpath("samples")
    turns: list[dict[str, Any]] = []
    for name in ("en-call-good", "en-call-mediocre", "en-call-good"):
        turns += json.loads(folder.joinpath(f"{name}.json").read_text("utf-8"))["turns"]
    spoken = [{"speaker": turn["speaker"], "text": turn["text"]} for turn in turns[:TURNS]]
    return {"channel": "call", "language": "en", "turns": spoken}


@contextmanager
def model_process(latency_s: float) -> Iterator[str]:
    """Run the stand-in model; give its base URL."""
    command = ["evals.model_server", "--port", "0", "--latency-ms", str(1000 * latency_s)]
    with python_process(command, {}, r"listens on (\S+)") as (url, _):
        yield url


@contextmanager
def service_process(model_url: str, **variables: str) -> Iterator[Service]:
    """Run the service on a new SQLite file, with environment variables of its own."""
    with tempfile.TemporaryDirectory() as folder:
        own = {"OPENAI_BASE_URL": model_url, "QALIBRATE_MODEL": "stand-in", **variables}
        with service_on(f"sqlite:///{Path(folder) / 'bench.db'}", **own) as it:
            yield it


@contextmanager
def service_on(database_url: str, role: str = "all", **variables: str) -> Iterator[Service]:
    """Run the service on a new database, with environment variables of its own."""
    own = {"QALIBRATE_DATABASE_URL": database_url, "QALIBRATE_LOG_LEVEL": "error"}
    own |= {"QALIBRATE_RATE_LIMIT": "0", **variables}
    factory = Factory(Settings(database_url=database_url))
    factory.upgrade_database()
    _, key = factory.keys.create("default", "benchmark", ["submit", "read"])
    factory.close()
    command = ["service.cli", "serve", "--port", "0", "--role", role]
    with python_process(command, own, r"listening on (\S+)") as (url, pid):
        yield Service(url, key, pid)


def cpu_seconds(pid: int) -> CpuSeconds:
    """Return the CPU time of the service `pid` so far. Needs Linux: it is read from /proc."""
    # Each thread lists the processes that it started.
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    own = [int(child) for thread in threads for child in thread.read_text().split()]
    return CpuSeconds(_used(pid), sum(_used(child) for child in own))


def _used(pid: int) -> float:
    # The name may hold spaces; it ends with the last bracket. Then fields 12 and 13 are user and system time.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def python_process(module: list[str], variables: dict[str, str], listening: str) -> Iterator[tuple[str, int]]:
    """Run a module until the end of the block; give the address that it says it listens on, and its id."""
    with tempfile.TemporaryFile("w+") as log:
        command = [sys.executable, "-m", *module]
        process = subprocess.Popen(command, env=os.environ | variables, stdout=log, stderr=log)
        try:
            yield _address(process, log, listening), process.pid
        finally:
            process.terminate()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Any, listening: str) -> str:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        log.seek(0)
        if found := re.search(listening, log.read()):
            return found[1]
        time.sleep(0.05)
    log.seek(0)
    raise RuntimeError(f"it did not start:\n{log.read()}")
