"""How many evaluations one process does with a model that answers in 300 ms, and what it spends its time on.

`python -m benchmarks.throughput`: the real service on SQLite, real HTTP, 200 calls of 60 turns in flight. The
model and the callers are processes of their own, so that only the service's CPU time is counted: that of its
own process, and that of the processes in which it redacts (conversations and the model's answers) and rules
look at conversations (signals, planted instructions), which cannot be told apart from outside.
The bound is what the same service does when it only redacts the same conversations, asked in the same way.
Needs Linux, where a process says how much CPU time it used.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx2

from benchmarks.serving import (
    CARD,
    CpuSeconds,
    Service,
    cpu_seconds,
    model_process,
    service_process,
    sixty_turns,
)

MODEL_S = 0.3
IN_FLIGHT = 200
PATIENCE_S = 55


class Run(NamedTuple):
    """So many requests answered within `seconds`, and what the service used for them."""

    requests: int
    seconds: float
    cpu: CpuSeconds

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    def busy(self, processes: int) -> float:
        """Return the part of the time, 0–1, in which the processes that redact had a core and worked."""
        return self.cpu.redaction / (self.seconds * processes)


def main() -> None:
    """Measure and print."""
    options = _options()
    if options.callers:
        print(json.dumps(_load(**json.load(sys.stdin))))
        return
    processes = str(options.processes)
    with (
        model_process(MODEL_S) as model,
        service_process(model, QALIBRATE_REDACTION_PROCESSES=processes) as it,
    ):
        ask(it, "/v1/evaluations", options.in_flight, options.in_flight)
        graded = ask(it, "/v1/evaluations", options.evaluations, options.in_flight)
        redacted = ask(it, "/v1/redactions", options.evaluations, options.in_flight)
    report(graded, redacted, options.in_flight, options.processes)


def ask(service: Service, path: str, requests: int, in_flight: int) -> Run:
    """Send requests from another process, `in_flight` of them at any moment; return what happened."""
    before = cpu_seconds(service.pid)
    order = {
        "url": service.url,
        "key": service.key,
        "path": path,
        "requests": requests,
        "in_flight": in_flight,
    }
    command = [sys.executable, "-m", "benchmarks.throughput", "--callers"]
    answer = subprocess.run(command, input=json.dumps(order), capture_output=True, text=True)
    if answer.returncode:
        raise RuntimeError(answer.stderr)
    used = cpu_seconds(service.pid).since(before)
    return Run(requests, json.loads(answer.stdout)["seconds"], used)


def report(graded: Run, redacted: Run, in_flight: int, processes: int) -> None:
    """Print what was measured, one fact a line."""
    print(f"{graded.requests} calls of 60 turns, {in_flight} in flight, {processes} processes that redact,")
    print(f"{os.cpu_count()} cores, a model that answers in {1000 * MODEL_S:.0f} ms\n")
    print(f"{'':<52}{'graded':>9}{'redacted only':>15}")
    rows: list[tuple[str, str, Callable[[Run], float]]] = [
        ("requests per second", "{:.1f}", lambda run: run.rate),
        (
            "CPU ms of the processes that redact and look",
            "{:.1f}",
            lambda run: _ms(run, run.cpu.redaction),
        ),
        ("CPU ms of the service's own process", "{:.1f}", lambda run: _ms(run, run.cpu.service)),
        ("share of redaction and looking in the CPU time", "{:.0%}", lambda run: run.cpu.share),
        ("share of time in which those processes work", "{:.0%}", lambda run: run.busy(processes)),
    ]
    for name, shape, value in rows:
        print(f"{name:<52}{shape.format(value(graded)):>9}{shape.format(value(redacted)):>15}")
    print(f"\ngraded as fast as redaction alone allows: {graded.rate / redacted.rate:.0%}")


def _ms(run: Run, seconds: float) -> float:
    return 1000 * seconds / run.requests


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.throughput", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--evaluations", type=int, default=1000)
    parser.add_argument("--in-flight", type=int, default=IN_FLIGHT)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="that redact")
    parser.add_argument("--callers", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _load(url: str, key: str, path: str, requests: int, in_flight: int) -> dict[str, float]:
    return {"seconds": asyncio.run(_call(url, key, path, requests, in_flight))}


async def _call(url: str, key: str, path: str, requests: int, in_flight: int) -> float:
    """Return the seconds that it took to have every request answered."""
    body: dict[str, Any] = {"conversation": sixty_turns()}
    if path == "/v1/evaluations":
        body["scorecard"] = CARD
    content = json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}", "Prefer": f"wait={PATIENCE_S}"}
    headers["Content-Type"] = "application/json"
    limits = httpx2.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    left = iter(range(requests))
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=120, limits=limits) as client:

        async def caller() -> None:
            for _ in left:
                answer = await client.post(path, content=content)
                answer.raise_for_status()

        started = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(in_flight)))
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
