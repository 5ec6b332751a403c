"""How near one worker process with 500 evaluations in flight comes to a model that takes 2 s, and its memory.

`python -m benchmarks.in_flight`: the evaluations are accepted by an API process on PostgreSQL first; then a
worker process is started and timed from the first request to the model to the last result. Ideal is what the
model alone would take: 2 s for each 500.

It is done twice. The second worker redacts what a model wrote only once: all evaluations are of one
conversation, so that its processes remember what came of it, and everything else is done as ever. So its
share of the ideal is the one without the CPU time of redaction, measured rather than worked out. The model
is a process of its own that takes next to no CPU time (`benchmarks.quick_model`); it, PostgreSQL and the
worker share this machine's cores. Memory is the largest proportional share (PSS) of the worker process and
of the processes that it started, with one language loaded. Needs Linux.
"""

import argparse
import asyncio
import json
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx2

from benchmarks.serving import CARD, cpu_seconds, python_process, service_on, sixty_turns
from service.factory import Factory
from service.settings import Settings
from tests.postgres import postgres

MODEL_S = 2.0
IN_FLIGHT = 500


class Peak:
    """Watches the memory of a process and of those that it started, in bytes."""

    def __init__(self, pid: int) -> None:
        self.bytes = 0
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.25):
            self.bytes = max(self.bytes, sum(_proportional(pid) for pid in _family(self._pid)))


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _family(int(child))


def _proportional(pid: int) -> int:
    """Return the memory of a process in bytes; what it shares with others counts in parts."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))


class Run(NamedTuple):
    """What a run took: wall time and CPU time in seconds, and the most memory in bytes."""

    seconds: float
    own: float
    pool: float
    memory: int


def main() -> None:
    """Measure and print."""
    options = _options()
    with postgres() as server:
        whole = _run(server.create_database(), "service.cli", options)
        aside = _run(server.create_database(), "benchmarks.remembering", options)
    _report(options, whole, aside)


def _run(url: str, module: str, options: argparse.Namespace) -> Run:
    quick = ["benchmarks.quick_model", "--seconds", str(MODEL_S)]
    with python_process(quick, {}, r"listens on (\S+)") as (model, _):
        own = {"OPENAI_BASE_URL": model, "QALIBRATE_MODEL": "stand-in", "QALIBRATE_RATE_LIMIT": "0"}
        with service_on(url, role="api", **own) as api:
            _say(f"submitting {options.evaluations} evaluations …")
            asyncio.run(_submit(api.url, api.key, options.evaluations, options.turns))
        _say("working …")
        with _worker(module, url, own, options.redaction_processes) as pid:
            peak = Peak(pid)
            before = cpu_seconds(pid)
            ended = _await_results(url, options.evaluations)
            used = cpu_seconds(pid).since(before)
            peak.stop()
        first = httpx2.get(model.removesuffix("/v1") + "/first").json()["first"]
    return Run(ended - first, used.service, used.redaction, peak.bytes)


def _report(options: argparse.Namespace, whole: Run, aside: Run) -> None:
    count = options.evaluations
    ideal = MODEL_S * math.ceil(count / IN_FLIGHT)
    print(
        f"{count} evaluations of {options.turns} turns, {IN_FLIGHT} in flight, "
        f"a model that takes {MODEL_S:g} s: ideal {ideal:g} s"
    )
    print(f"{'':<40}{'all of it':>16}{'redaction aside':>16}")
    rows: dict[str, Callable[[Run], str]] = {
        "time (s)": lambda run: f"{run.seconds:.1f}",
        "evaluations a second": lambda run: f"{count / run.seconds:.0f}",
        "CPU ms an evaluation: own process": lambda run: f"{1000 * run.own / count:.1f}",
        "CPU ms an evaluation: rules, redaction": lambda run: f"{1000 * run.pool / count:.1f}",
        "memory of all its processes (MB)": lambda run: f"{run.memory / 1e6:.0f}",
        "share of ideal": lambda run: f"{ideal / run.seconds:.2f}",
    }
    for name, cell in rows.items():
        print(f"{name:<40}{cell(whole):>16}{cell(aside):>16}")


async def _submit(url: str, key: str, count: int, turns: int) -> None:
    conversation: dict[str, Any] = sixty_turns()
    conversation["turns"] = conversation["turns"][:turns]
    body = json.dumps({"conversation": conversation, "scorecard": CARD}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    left = iter(range(count))
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=120) as client:

        async def caller() -> None:
            for _ in left:
                (await client.post("/v1/evaluations", content=body)).raise_for_status()

        await asyncio.gather(*(caller() for _ in range(16)))


@contextmanager
def _worker(module: str, url: str, own: dict[str, str], redaction_processes: int) -> Iterator[int]:
    variables = own | {
        "QALIBRATE_DATABASE_URL": url,
        "QALIBRATE_LOG_LEVEL": "error",
        "QALIBRATE_CONCURRENCY": str(IN_FLIGHT),
        "QALIBRATE_MODEL_CONCURRENCY": str(IN_FLIGHT),
        "QALIBRATE_REDACTION_PROCESSES": str(redaction_processes),
    }
    command = [module, "serve", "--port", "0", "--role", "worker"]
    with python_process(command, variables, r"listening on (\S+)") as (_, pid):
        yield pid


def _await_results(url: str, count: int) -> float:
    """Return when the last evaluation was completed, on the clock of `time.perf_counter`."""
    factory = Factory(Settings(database_url=url))
    with factory.database.unhurried() as connection:
        while True:
            found = connection.exec_driver_sql("SELECT status, count(*) FROM evaluations GROUP BY 1").all()
            now = time.perf_counter()
            status = dict(tuple(row) for row in found)
            if status.get("failed"):
                raise SystemExit(f"evaluations failed: {status}")
            if status.get("completed") == count:
                factory.close()
                return now
            time.sleep(0.05)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.in_flight", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--evaluations", type=int, default=2 * IN_FLIGHT)
    parser.add_argument("--turns", type=int, default=60)
    parser.add_argument("--redaction-processes", type=int, default=min(2, os.cpu_count() or 1))
    return parser.parse_args()


if __name__ == "__main__":
    main()
