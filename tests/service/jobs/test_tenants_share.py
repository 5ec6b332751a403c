"""One tenant has a long queue; another comes with one conversation."""

from concurrent.futures import ThreadPoolExecutor

from evals.model_server import Behaviour
from tests.running import running_service
from tests.service.cards import conversation
from tests.service.jobs.moody import Moody

CROWD = 120
PLACES = 2


def test_the_one_job_of_another_tenant_does_not_wait_behind_a_long_queue(database_url):
    with (
        Moody() as model,
        running_service(
            database_url=database_url, openai_base_url=model.url, concurrency=PLACES, rate_limit=0
        ) as service,
    ):
        model.mood = Behaviour(latency_s=0.1)
        with service.client_of("crowd") as crowd, ThreadPoolExecutor(8) as threads:
            body = {"conversation": conversation(), "scorecard": "inbound-service"}
            list(threads.map(lambda _: crowd.post("/v1/evaluations", json=body), range(CROWD)))
            before = done(crowd)
            with service.client_of("small") as small:
                answer = small.post("/v1/evaluations", json=body, headers={"Prefer": "wait=50"})
            assert answer.json()["status"] == "completed"
            # Those under way, one that stood at the front, and what was done while it was sent and answered.
            assert done(crowd) - before < CROWD / 3
            assert done(crowd) < CROWD


def done(client):
    return len(client.get("/v1/evaluations", params={"status": "completed", "limit": 200}).json()["items"])
