import httpx2

from tests.running import RunningService, running_service


def test_an_embedded_service_is_alive_and_ready(service: RunningService):
    assert httpx2.get(f"{service.url}/healthz").json() == {"status": "ok"}
    assert httpx2.get(f"{service.url}/readyz").json()["status"] == "ready"


def test_with_the_model_away_it_is_degraded_but_takes_work(tmp_path):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with running_service(role="api", database_url=url, openai_base_url="http://127.0.0.1:1/v1") as service:
        answer = httpx2.get(f"{service.url}/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


def test_unknown_paths_and_methods_are_problems_too(service: RunningService):
    for answer in (service.client.get("/v2"), service.client.delete("/v1/scorecards")):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
