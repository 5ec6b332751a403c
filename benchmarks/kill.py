"""What is lost when processes are killed, frozen, or lose their database or their model.

`python -m benchmarks.kill --database sqlite|postgresql [--trouble kill|freeze|database|model]`: real
processes (SQLite: one; PostgreSQL: two API processes and three workers), callers that post each conversation
under one Idempotency-Key until it is accepted, a model that answers in 200 ms, and a receiver that checks
signatures and turns some webhooks away. Exit code 1 when anything accepted has not exactly one result, a
webhook never came, or more than one model call in a hundred was paid twice.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.fleet import Fleet, fleet
from evals.model_server import Behaviour, ModelServer, RecordedRequest, failing
from tests.postgres import Postgres, postgres

MODEL_S = 0.2
UP_S = (3.0, 9.0)
"""So many seconds pass between the start of a process and the next kill."""
SETTLES_WITHIN_S = 600.0
ROLES = {"sqlite": ["all"], "postgresql": ["api", "api", "worker", "worker", "worker"]}


class Model:
    """Answers in 200 ms, and refuses to while it is away. What it answers is paid for."""

    def __init__(self) -> None:
        self.is_away = False
        self.paid = 0
        self.cut_off = 0
        self._lock = threading.Lock()

    def __call__(self, _request: RecordedRequest) -> Behaviour:
        """Return how a request is answered."""
        if self.is_away:
            return failing(503)
        with self._lock:
            self.paid += 1
        return Behaviour(latency_s=MODEL_S)


class Scene:
    """Everything that trouble can be made with."""

    def __init__(
        self, running: Fleet, model: Model, endpoint: ModelServer, server: Postgres | None, seed: int
    ) -> None:
        self.running = running
        self.model = model
        self.endpoint = endpoint
        self.server = server
        self.random = random.Random(seed)


def main() -> None:
    """Make trouble, wait until all has settled, print what was lost, and end with 1 when that is anything."""
    options = _options()
    model = Model()
    with (
        _database(options.database) as (url, server),
        ModelServer(answerer=model, record=False) as endpoint,
        fleet(url, endpoint.url, ROLES[options.database]) as running,
    ):
        started = time.monotonic()
        scene = Scene(running, model, endpoint, server, options.seed)
        TROUBLES[options.trouble](scene, options.submissions, options.times)
        running.settle(SETTLES_WITHIN_S)
        outcome = running.outcome(model.paid, model.cut_off)
        faults = running.faults()
        refusals = ", ".join(f"{name} {count}" for name, count in running.callers.refusals.most_common())
    print(f"{options.database}, {options.trouble}: {time.monotonic() - started:.0f} s in all")
    print(f"answers that callers met and tried again after: {refusals or 'none'}\n")
    print(outcome)
    print("\n".join(faults))
    sys.exit(0 if outcome.is_whole else 1)


def kill(scene: Scene, submissions: int, times: int) -> None:
    """Kill a process, any of them, so many times; between two kills conversations come in one by one."""
    for number in range(times):
        count = submissions * (number + 1) // times - submissions * number // times
        up_s = scene.random.uniform(*UP_S)
        scene.running.callers.post_evenly(count, up_s / count)
        victim = scene.random.choice(scene.running.processes)
        before = scene.endpoint.open_requests
        victim.kill()
        # In a fleet nobody knows whose they were.
        scene.model.cut_off += before if len(scene.running.processes) == 1 else 0
        _say(f"kill {number + 1} of {times}: {victim.name}")
        victim.start()


def freeze(scene: Scene, submissions: int, times: int) -> None:
    """Stop a worker for a minute in the middle of its work, then let it go on."""
    for _ in range(times):
        scene.running.callers.post(submissions // times)
        time.sleep(1)
        victim = scene.running.processes[-1]
        victim.freeze()
        _say(f"{victim.name} is frozen for a minute")
        time.sleep(60)
        victim.thaw()


def restart_database(scene: Scene, submissions: int, times: int) -> None:
    """Stop the database under load for some seconds, and start it again."""
    if scene.server is None:
        raise SystemExit("only PostgreSQL can be restarted: choose --database postgresql")
    for _ in range(times):
        scene.running.callers.post(submissions // times)
        time.sleep(2)
        scene.server.stop()
        _say("the database is away for 10 s")
        time.sleep(10)
        scene.server.start()
        time.sleep(5)


def lose_model(scene: Scene, submissions: int, times: int) -> None:
    """Have every request to the model refused for two minutes."""
    for _ in range(times):
        scene.running.callers.post(submissions // times)
        time.sleep(2)
        _say("the model is away for two minutes")
        scene.model.is_away = True
        time.sleep(120)
        scene.model.is_away = False


TROUBLES: dict[str, Callable[[Scene, int, int], None]] = {
    "kill": kill,
    "freeze": freeze,
    "database": restart_database,
    "model": lose_model,
}


@contextmanager
def _database(kind: str) -> Iterator[tuple[str, Postgres | None]]:
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'kill.db'}", None
        return
    with postgres() as server:
        yield server.create_database(), server


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.kill", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--database", choices=list(ROLES), default="sqlite")
    parser.add_argument("--trouble", choices=list(TROUBLES), default="kill")
    parser.add_argument("--submissions", type=int, default=1000)
    parser.add_argument("--times", type=int, help="how often the trouble strikes (kill: 50, others: 1)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.times = options.times or (50 if options.trouble == "kill" else 1)
    return options


if __name__ == "__main__":
    main()
