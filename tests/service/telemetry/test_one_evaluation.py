"""One evaluation from the request to its result: its trace, its figures, and that neither tells a word."""

import json
import time

import httpx2
import pytest
import sqlalchemy as sa
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from service.telemetry import tracing
from service.telemetry.metrics import REGISTRY
from tests.running import RunningService, running_service

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SAID = ("4111 1111 1111 1111", "Balthasar", "parcel", "crm-traced")
CALL = {
    "external_id": "crm-traced",
    "language": "en",
    "turns": [
        {"speaker": "agent", "text": "Good morning, my name is Balthasar, how can I help you?"},
        {"speaker": "customer", "text": "My card 4111 1111 1111 1111 paid for a parcel twice."},
    ],
}
STAGES = {"receive", "redact", "commit", "queue", "grade", "redact_answer", "store"}


@pytest.fixture
def spans():
    exporter = InMemorySpanExporter()
    tracing.start(SimpleSpanProcessor(exporter))
    yield exporter
    tracing.stop()


def figure(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"qalibrate_{name}", labels) or 0


def of_caller(exporter: InMemorySpanExporter) -> dict:
    trace_id = int(CALLER.split("-")[1], 16)
    return {span.name: span for span in exporter.get_finished_spans() if span.context.trace_id == trace_id}


def test_every_stage_joins_the_callers_trace_and_none_tells_a_word(spans, database_url):
    with running_service(database_url=database_url) as service:
        asked = {"traceparent": CALLER, "tracestate": "who=Balthasar", "Prefer": "wait=50"}
        answer = service.client.post("/v1/evaluations", json={"conversation": CALL}, headers=asked)
        assert answer.json()["status"] == "completed", answer.text
        until = time.monotonic() + 20
        while not of_caller(spans).keys() >= STAGES and time.monotonic() < until:
            time.sleep(0.05)
        found = of_caller(spans)
        assert found.keys() >= STAGES
        assert found["store"].attributes["qalibrate.evaluation"] == answer.json()["id"]
        assert found["receive"].attributes["qalibrate.route"] == "/v1/evaluations"
        told = "".join(span.to_json() for span in spans.get_finished_spans()) + kept_by_engine(service)
        figures = httpx2.get(f"{service.url}/metrics", timeout=60).text
        assert "/metrics" not in "".join(span.to_json() for span in spans.get_finished_spans())
    assert not any(word in told or word in figures for word in SAID)


def kept_by_engine(service: RunningService) -> str:
    """What travels to the worker in the job's row: the ids of the trace, under one key."""
    schema = "" if service.factory.database.is_sqlite else "dbos."
    with service.factory.database.engine.connect() as connection:
        (kept,) = connection.scalars(sa.text(f"SELECT attributes FROM {schema}workflow_status"))
    kept = json.loads(kept) if isinstance(kept, str) else kept
    assert list(kept["dbos.otelContext"]) == ["traceparent"]
    assert CALLER.split("-")[1] in kept["dbos.otelContext"]["traceparent"]
    return json.dumps(kept)


def test_an_evaluation_is_counted_once_with_its_grades(tmp_path):
    counted = ("evaluations_total", {"status": "completed", "grader": "signals"})
    ungraded = ("grades_total", {"outcome": "ungraded", "grader": "signals"})
    cards = ("redacted_entities_total", {"type": "CREDIT_CARD"})
    queued = ("stage_duration_seconds_count", {"stage": "queue"})
    names = (counted, ungraded, cards, queued)
    before = [figure(name, **labels) for name, labels in names]
    with running_service(database_url=f"sqlite:///{tmp_path / 'x.db'}") as service:
        done = service.grade(CALL)
    after = [figure(name, **labels) for name, labels in names]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, done["score"]["ungraded"], 1, 1]
