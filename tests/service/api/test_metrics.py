import re
import time
from itertools import product
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.telemetry.metrics import REGISTRY, count_request
from tests.running import RunningService, running_service


def text_of(service: RunningService) -> str:
    """What is told once the database answered in time, which it does not on a machine that is overloaded."""
    until = time.monotonic() + 60
    while True:
        answer = httpx2.get(f"{service.url}/metrics", timeout=60)
        assert answer.status_code == 200
        if "qalibrate_database_up 1.0" in answer.text or time.monotonic() > until:
            return answer.text
        time.sleep(0.1)


def samples(text: str) -> dict[tuple[str, frozenset], float]:
    families = text_string_to_metric_families(text)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def scraped(service: RunningService) -> dict[tuple[str, frozenset], float]:
    return samples(text_of(service))


def value(service: RunningService, name: str, **labels: str) -> float:
    return scraped(service).get((f"qalibrate_{name}", frozenset(labels.items())), 0.0)


CALL = {"language": "en", "turns": [{"speaker": "agent", "text": "Good morning, how can I help you?"}]}


def test_requests_are_counted_by_route_and_never_by_what_is_in_their_path(service: RunningService):
    told = {"method": "GET", "route": "/v1/evaluations/{evaluation_id}", "status": "4xx"}
    before = value(service, "http_requests_total", **told)
    service.client.get("/v1/evaluations/john-smith-4111")
    assert value(service, "http_requests_total", **told) == before + 1
    assert "john-smith" not in httpx2.get(f"{service.url}/metrics", timeout=60).text


def test_no_figure_names_a_tenant_and_none_has_a_word_of_a_conversation(service: RunningService):
    with service.client_of("tenant-with-a-name") as client:
        body = {"conversation": {**CALL, "external_id": "crm-metrics"}}
        client.post("/v1/evaluations", json=body, headers={"Prefer": "wait=50"})
    text = httpx2.get(f"{service.url}/metrics", timeout=60).text
    assert not any(word in text for word in ("tenant-with-a-name", "crm-metrics", "morning"))


def test_the_queue_is_told_by_status_and_priority(tmp_path):
    with running_service(role="api", database_url=f"sqlite:///{tmp_path / 'x.db'}") as service:
        assert service.client.post("/v1/evaluations", json={"conversation": CALL}).status_code == 202
        found = scraped(service)
        where = frozenset({("status", "queued"), ("priority", "interactive")})
        assert found["qalibrate_queue_evaluations", where] == 1
        assert found["qalibrate_queue_oldest_age_seconds", where] >= 0
        assert found["qalibrate_queue_parked_evaluations", frozenset()] == 0
        assert found["qalibrate_workers_alive", frozenset()] == 0
        assert found["qalibrate_database_up", frozenset()] == 1


def test_an_empty_queue_is_told_as_zeros_and_the_embedded_worker_as_one(tmp_path):
    with running_service(database_url=f"sqlite:///{tmp_path / 'x.db'}") as service:
        found = scraped(service)
        for status, priority in product(("queued", "running"), ("interactive", "batch")):
            where = frozenset({("status", status), ("priority", priority)})
            assert found["qalibrate_queue_evaluations", where] == 0
            assert found["qalibrate_queue_oldest_age_seconds", where] == 0
        assert found["qalibrate_workers_alive", frozenset()] == 1


def test_without_the_database_everything_else_is_still_told(tmp_path):
    with running_service(role="api", database_url=f"sqlite:///{tmp_path / 'x.db'}") as service:
        service.factory.database.close()
        for file in tmp_path.iterdir():
            file.unlink()
        found = samples(httpx2.get(f"{service.url}/metrics", timeout=60).text)
        assert found["qalibrate_database_up", frozenset()] == 0
        assert not any("queue" in name for name, _ in found)
        assert any(name == "qalibrate_build_info" for name, _ in found)


def test_prometheus_gets_the_newer_format_when_it_asks_for_it(service: RunningService):
    answer = httpx2.get(
        f"{service.url}/metrics", headers={"Accept": "application/openmetrics-text"}, timeout=60
    )
    assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize("method", ["BREW", "'; --"])
def test_a_made_up_method_makes_no_new_series(method):
    count_request(method, "unknown", 405, 0.1)
    methods = {
        sample.labels["method"]
        for family in REGISTRY.collect()
        if family.name == "qalibrate_http_requests"
        for sample in family.samples
    }
    assert method not in methods
    assert "other" in methods


def test_names_are_as_prometheus_prescribes(service: RunningService):
    names = {name for name, _ in scraped(service)}
    assert all(name.startswith(("qalibrate_", "process_")) for name in names)
    counters = [f"{family.name}_total" for family in REGISTRY.collect() if family.type == "counter"]
    assert all(not name.endswith("_total_total") for name in counters)


def test_the_readme_tells_of_every_figure_and_of_no_other(service: RunningService):
    readme = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
    told = set(re.findall(r"`(qalibrate_[a-z_]+)`", readme))
    text = text_of(service)
    shown = set(re.findall(r"^# TYPE (qalibrate_\w+) ", text, re.MULTILINE))
    assert told == shown
