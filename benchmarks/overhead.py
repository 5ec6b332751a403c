"""How much time the service adds to a model that answers in 300 ms, by stage, on a 60-turn call.

`python -m benchmarks.overhead`: a real service on SQLite, real HTTP, our own stand-in model server; one
call at a time on an otherwise idle machine. Shares matter more than milliseconds: machines differ.
"""

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from evals.model_server import Behaviour, ModelServer
from service.app import create_app
from service.factory import Factory
from service.logs import configure_logs
from service.settings import Settings

MODEL_S = 0.3
TURNS = 60
STAGES = ("receive and redact", "commit, queue, start", "model", "verify, score, store", "answer")
CARD = "inbound-service"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead", description=__doc__.split("\n")[0])
    parser.add_argument("--calls", type=int, default=30)
    calls = parser.parse_args().calls
    configure_logs("error", "json")
    with ModelServer(default=Behaviour(latency_s=MODEL_S)) as model, service(model.url) as client:
        conversation = sixty_turns()
        for number in range(3):
            measure(client, model, conversation, f"warm-up-{number}")
        rows = [measure(client, model, conversation, f"call-{number}") for number in range(calls)]
        redaction = [redact_only(client, conversation) for _ in range(calls)]
    report(rows, redaction)


def measure(
    client: httpx2.Client, model: ModelServer, conversation: dict[str, Any], name: str
) -> list[float]:
    """Return the milliseconds of each stage of one evaluation, read off the clocks of both servers."""
    wall_minus_monotonic = time.time() - time.monotonic()
    body = {"conversation": {**conversation, "external_id": name}, "scorecard": CARD}
    posted = time.time()
    answer = client.post("/v1/evaluations", json=body, headers={"Prefer": "wait=30"})
    received = time.time()
    evaluation = answer.raise_for_status().json()
    accepted, completed = (moment(evaluation[key]) for key in ("created_at", "completed_at"))
    asked = model.requests[-1].at + wall_minus_monotonic
    edges = [posted, accepted, asked, asked + MODEL_S, completed, received]
    return [1000 * (after - before) for before, after in pairwise(edges)]


def redact_only(client: httpx2.Client, conversation: dict[str, Any]) -> float:
    """Return the milliseconds that the redaction route takes for the same conversation."""
    started = time.perf_counter()
    client.post("/v1/redactions", json={"conversation": conversation}).raise_for_status()
    return 1000 * (time.perf_counter() - started)


def report(rows: list[list[float]], redaction: list[float]) -> None:
    """Print the median of each stage, and what the service adds in all."""
    medians = [statistics.median(column) for column in zip(*rows, strict=True)]
    added = [value for name, value in zip(STAGES, medians, strict=True) if name != "model"]
    print(f"{len(rows)} calls of {TURNS} turns, a model that answers in {1000 * MODEL_S:.0f} ms\n")
    print(f"{'stage':<24}{'median ms':>10}{'share of what is added':>26}")
    for name, value in zip(STAGES, medians, strict=True):
        share = "" if name == "model" else f"{value / sum(added):.0%}"
        print(f"{name:<24}{value:>10.1f}{share:>26}")
    print(f"\nadded by the service{sum(added):>14.1f} ms")
    print(f"POST /v1/redactions alone{statistics.median(redaction):>9.1f} ms")


def sixty_turns() -> dict[str, Any]:
    """Return a call of 60 turns, joined from the bundled samples."""
    folder = resources.files("service").joinpath("samples")
    turns: list[dict[str, Any]] = []
    for name in ("en-call-good", "en-call-mediocre", "en-call-good"):
        turns += json.loads(folder.joinpath(f"{name}.json").read_text("utf-8"))["turns"]
    spoken = [{"speaker": turn["speaker"], "text": turn["text"]} for turn in turns[:TURNS]]
    return {"channel": "call", "language": "en", "turns": spoken}


def moment(text: str) -> float:
    """Return an ISO 8601 time as seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


@contextmanager
def service(model_url: str) -> Iterator[httpx2.Client]:
    """Run the service on a free port; give a client that may do everything."""
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
                yield client
        finally:
            server.should_exit = True
            thread.join()


if __name__ == "__main__":
    main()
