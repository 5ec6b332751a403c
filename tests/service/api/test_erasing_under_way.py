"""An evaluation is erased while a model thinks about it."""

import time
from concurrent.futures import ThreadPoolExecutor

from evals.model_server import Behaviour, ModelServer
from service.jobs.workflows import running
from tests.running import RunningService, running_service
from tests.service.cards import conversation
from tests.service.remains import remains_of

SAID = ("Hello, this is the unmistakable greeting.", "My parcel with the purple ribbon is late.")


def test_what_is_being_graded_at_that_moment_is_stopped_and_stores_nothing(tmp_path):
    said = conversation(*SAID, external_id="crm-902")
    url = f"sqlite:///{tmp_path / 'graded.db'}"
    with (
        ModelServer(default=Behaviour(hang=True)) as model,
        running_service(database_url=url, openai_base_url=model.url, model="any") as service,
        ThreadPoolExecutor() as threads,
    ):
        one = service.client.post("/v1/evaluations", json={"conversation": said}).json()["id"]
        eventually(lambda: model.requests)
        waiting = threads.submit(waited_for, service, one)
        erased = service.client.delete(f"/v1/evaluations/{one}", params={"erase": "true"})
        assert erased.status_code == 204
        assert waiting.result() == 410
        eventually(lambda: not running.jobs)
        assert remains_of({*SAID, "crm-902"}, service.factory.database) == set()


def waited_for(service: RunningService, evaluation_id: str) -> int:
    """The status once the evaluation is no longer under way."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        answer = service.client.get(f"/v1/evaluations/{evaluation_id}")
        if answer.status_code != 200 or answer.json()["status"] not in ("queued", "running"):
            return answer.status_code
        time.sleep(0.02)
    raise AssertionError("it is still under way")


def eventually(check) -> None:
    until = time.monotonic() + 30
    while not check():
        assert time.monotonic() < until
        time.sleep(0.02)
