"""How much time the service adds to a model that answers in 300 ms, by stage, on a 60-turn call.

`python -m benchmarks.overhead`: a real service on SQLite, real HTTP, our own stand-in model server; one
call at a time on an otherwise idle machine.

What the service adds beyond redaction and the model is the wall time of `POST /v1/evaluations` with
`Prefer: wait`, less the 300 ms for which the model's server holds its answer back, less the time that the
processes which redact took for this call's conversation and for the model's answer, by their own clocks.
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import uvicorn

from benchmarks.serving import CARD, TURNS, sixty_turns
from evals.model_server import Behaviour, ModelServer
from service.app import create_app
from service.factory import Factory
from service.logs import configure_logs
from service.settings import Settings

MODEL_S = 0.3
CORES = os.cpu_count() or 1
STAGES = ("receive and redact", "commit, queue, start", "model", "verify, score, store", "answer")


class Script:
    """What the stand-in does with each request: the same every time, until it is changed."""

    behaviour = Behaviour()

    def __iter__(self) -> Iterator[Behaviour]:
        """Return itself: it never ends."""
        return self

    def __next__(self) -> Behaviour:
        """Return what to do now."""
        return self.behaviour


class Call(NamedTuple):
    """One evaluation, in milliseconds: its stages, all of it, and the redaction in it."""

    stages: list[float]
    total: float
    redaction: float

    @property
    def added(self) -> float:
        """What is neither redaction nor the model."""
        return self.total - self.redaction - 1000 * MODEL_S


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.overhead", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--calls", type=int, default=30)
    calls = parser.parse_args().calls
    configure_logs("error", "json")
    script = Script()
    with ModelServer(script) as model, service(model.url) as (client, factory):
        conversation = sixty_turns()
        warm_up(client, model, script, conversation)
        rows = [measure(client, factory, model, conversation, f"call-{number}") for number in range(calls)]
        redaction = [redact_only(client, conversation) for _ in range(calls)]
    report(rows, redaction)


def warm_up(client: httpx2.Client, model: ModelServer, script: Script, conversation: dict[str, Any]) -> None:
    """Load everything, and have the model say from here on what it would have worked out for itself.

    Working it out is the stand-in's own time, which no model would take.
    """
    body = {"conversation": conversation, "scorecard": CARD}
    for _ in range(2 * CORES):
        client.post("/v1/evaluations", json=body, headers={"Prefer": "wait=30"}).raise_for_status()
    request = model.requests[-1]
    message = httpx2.post(f"{model.url}/chat/completions", content=request.body).json()["choices"][0][
        "message"
    ]
    script.behaviour = Behaviour(text=message["content"], latency_s=MODEL_S)


def measure(
    client: httpx2.Client, factory: Factory, model: ModelServer, conversation: dict[str, Any], name: str
) -> Call:
    """Return the milliseconds of one evaluation, read off the clocks of both servers and of redaction."""
    wall_minus_monotonic = time.time() - time.monotonic()
    body = {"conversation": {**conversation, "external_id": name}, "scorecard": CARD}
    redacting = redaction_s(factory)
    posted = time.time()
    answer = client.post("/v1/evaluations", json=body, headers={"Prefer": "wait=30"})
    received = time.time()
    evaluation = answer.raise_for_status().json()
    accepted, completed = (moment(evaluation[key]) for key in ("created_at", "completed_at"))
    asked = model.requests[-1].at + wall_minus_monotonic
    edges = [posted, accepted, asked, asked + MODEL_S, completed, received]
    stages = [1000 * (after - before) for before, after in pairwise(edges)]
    return Call(stages, 1000 * (received - posted), 1000 * (redaction_s(factory) - redacting))


def redaction_s(factory: Factory) -> float:
    """Return the seconds that redaction took so far, of conversations and of the model's answers."""
    return sum(seconds for name, seconds in factory.pool.worked_s.items() if name.startswith("redact"))


def redact_only(client: httpx2.Client, conversation: dict[str, Any]) -> float:
    """Return the milliseconds that the redaction route takes for the same conversation."""
    started = time.perf_counter()
    client.post("/v1/redactions", json={"conversation": conversation}).raise_for_status()
    return 1000 * (time.perf_counter() - started)


def report(calls: list[Call], redaction: list[float]) -> None:
    """Print the median of each stage, and what the service adds in all."""
    medians = [statistics.median(column) for column in zip(*(call.stages for call in calls), strict=True)]
    print(f"{len(calls)} calls of {TURNS} turns, a model that answers in {1000 * MODEL_S:.0f} ms\n")
    print(f"{'stage':<28}{'median ms':>10}")
    for name, value in zip(STAGES, medians, strict=True):
        print(f"{name:<28}{value:>10.1f}")
    print(f"\n{'all of it':<28}{statistics.median(call.total for call in calls):>10.1f}")
    print(f"{'redaction in it':<28}{statistics.median(call.redaction for call in calls):>10.1f}")
    print(f"{'POST /v1/redactions alone':<28}{statistics.median(redaction):>10.1f}")
    added = sorted(call.added for call in calls)
    low, middle, high = added[len(added) // 10], statistics.median(added), added[-1 - len(added) // 10]
    print(
        f"\nadded beyond redaction and the model: {middle:.1f} ms median (80 % within {low:.1f}–{high:.1f})"
    )


def moment(text: str) -> float:
    """Return an ISO 8601 time as seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


@contextmanager
def service(model_url: str) -> Iterator[tuple[httpx2.Client, Factory]]:
    """Run the service on a free port; give a client that may submit and read, and what the process holds."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        factory = Factory(Settings(database_url=url, openai_base_url=model_url, model="stand-in"))
        factory.upgrade_database()
        server = uvicorn.Server(uvicorn.Config(create_app(factory), port=0, log_level="error"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        _, secret = factory.keys.create("default", "benchmark", ["submit", "read"])
        headers = {"Authorization": f"Bearer {secret}"}
        try:
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as client:
                yield client, factory
        finally:
            server.should_exit = True
            thread.join()


if __name__ == "__main__":
    main()
