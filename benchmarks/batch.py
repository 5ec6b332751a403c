"""How fast a batch of 100,000 lines is taken in, and how much memory that takes.

`python -m benchmarks.batch`: an API process on a PostgreSQL of its own, redaction left to workers that are
not there (or, with `--sqlite`, one process that grades meanwhile), short conversations streamed as JSON lines
over one connection. Prints lines a second and by how much the memory of the service grew at most. Needs
Linux, where a process says how much memory it has.
"""

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2

from benchmarks.serving import CARD, Service, service_on
from service.usecases.seal import new_key
from tests.postgres import postgres

GLANCE_S = 0.2


def main() -> None:
    """Measure and print."""
    options = _options()
    with ExitStack() as stack:
        if not options.sqlite:
            url = stack.enter_context(postgres()).create_database()
        else:
            url = f"sqlite:///{Path(stack.enter_context(tempfile.TemporaryDirectory())) / 'batch.db'}"
        variables = {"QALIBRATE_REDACT": "worker", "QALIBRATE_SECRET_KEY": new_key()}
        variables["QALIBRATE_MAX_QUEUED"] = "10000000"
        role = "all" if options.sqlite else "api"
        service = stack.enter_context(service_on(url, role=role, **variables))
        _send(service, 500)
        before = _resident_mb(service.pid)
        watch = _Watch(service.pid)
        started = time.perf_counter()
        batch = _send(service, options.lines)
        seconds = time.perf_counter() - started
        peak = watch.stop()
    print(f"{batch['accepted']:,} of {batch['lines']:,} lines accepted in {seconds:.0f} s, ", end="")
    print(
        f"{options.lines / seconds:.0f} a second; memory {before:.0f} MB before, {peak - before:.0f} MB more"
    )


class _Watch:
    """Looks at the memory of a process until it is stopped."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Return the most that it had, in MB."""
        self._ended.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._ended.wait(GLANCE_S):
            self._peak = max(self._peak, _resident_mb(self._pid))


def _send(service: Service, lines: int) -> dict[str, int]:
    headers = {"Authorization": f"Bearer {service.key}", "Content-Type": "application/x-ndjson"}
    url = f"{service.url}/v1/batches"
    answer = httpx2.post(url, content=_lines(lines), headers=headers, timeout=3600)
    answer.raise_for_status()
    found: dict[str, int] = answer.json()
    return found


def _lines(number: int) -> Iterator[bytes]:
    for line in range(number):
        turns = [
            {"speaker": "agent", "text": f"Good morning, how can I help you with order {line}?"},
            {"speaker": "customer", "text": "It has not arrived yet, and I need it today."},
            {"speaker": "agent", "text": "I am sorry. I will send it again at once. Goodbye!"},
        ]
        conversation = {"external_id": f"c-{line}", "language": "en", "turns": turns}
        yield json.dumps({"conversation": conversation, "scorecard": CARD}).encode() + b"\n"


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def _options() -> argparse.Namespace:
    summary = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batch", description=summary)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--sqlite", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
