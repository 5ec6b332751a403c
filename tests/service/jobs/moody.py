"""A model whose mood changes, a service that asks it, and what waits for its evaluations."""

import time
from contextlib import contextmanager

from evals.model_server import Behaviour, ModelServer
from tests.running import running_service
from tests.service.cards import conversation

PATIENCE_S = 60


class Moody(ModelServer):
    """A model whose mood can be changed while it runs."""

    def __init__(self):
        self.mood = Behaviour()
        super().__init__(answerer=lambda _: self.mood)


@contextmanager
def asking(model, tmp_path, **settings):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    limits = {"model_timeout_s": 0.3, "evaluation_timeout_s": 2}
    with running_service(database_url=url, openai_base_url=model.url, **limits, **settings) as service:
        yield service


def submit(service, **request):
    body = {"conversation": conversation(), "scorecard": "inbound-service", **request}
    answer = service.client.post("/v1/evaluations", json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def awaited(service, evaluation_id, reached):
    deadline = time.monotonic() + PATIENCE_S
    while True:
        seen = service.client.get(f"/v1/evaluations/{evaluation_id}").json()
        if reached(seen):
            return seen
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)


def is_waiting(seen):
    return seen["waiting"] is not None


def is_final(seen):
    return seen["completed_at"] is not None


def eventually(check):
    """Wait until it holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.05)
