from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from service.telemetry import stage, tracing, waited
from service.telemetry.metrics import REGISTRY

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.start(SimpleSpanProcessor(exporter))
    yield exporter
    tracing.stop()


def only(spans: InMemorySpanExporter) -> ReadableSpan:
    (span,) = spans.get_finished_spans()
    return span


def seconds_of(name: str) -> float:
    return REGISTRY.get_sample_value("qalibrate_stage_duration_seconds_count", {"stage": name}) or 0


def test_a_stage_is_a_span_and_an_observation(spans):
    before = seconds_of("redact")
    with stage("redact", evaluation="e1"):
        pass
    assert seconds_of("redact") == before + 1
    assert (only(spans).name, dict(only(spans).attributes)) == ("redact", {"qalibrate.evaluation": "e1"})


def test_without_tracing_a_stage_is_still_measured():
    before = seconds_of("store")
    with stage("store"):
        tracing.note(model="m")
    assert seconds_of("store") == before + 1


def test_an_error_is_told_by_its_kind_and_not_by_its_words(spans):
    with pytest.raises(ValueError, match="4111"), stage("model", evaluation="e1"):
        raise ValueError("the customer said 4111 1111 1111 1111")
    assert only(spans).status.description == "ValueError"
    assert "4111" not in only(spans).to_json()


def test_spans_join_the_callers_trace_and_take_nothing_else_of_it(spans):
    with tracing.continued(CALLER), stage("redact"):
        pass
    assert f"{only(spans).context.trace_id:032x}" == CALLER.split("-")[1]
    assert f"{only(spans).parent.span_id:016x}" == CALLER.split("-")[2]
    assert not only(spans).context.trace_state


@pytest.mark.parametrize(
    "given", [None, "", "rubbish", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "x" * 10_000]
)
def test_a_header_that_is_none_begins_a_trace(spans, given):
    with tracing.continued(given), stage("redact"):
        pass
    assert only(spans).parent is None


def test_what_was_waited_for_is_told_with_its_beginning(spans):
    waited("queue", datetime.now(UTC) - timedelta(seconds=5), evaluation="e1")
    took_s = (only(spans).end_time - only(spans).start_time) / 1e9
    assert 5 <= took_s < 60


def test_a_clock_that_is_behind_makes_no_negative_time(spans):
    waited("queue", datetime.now(UTC) + timedelta(seconds=5))
    assert only(spans).end_time >= only(spans).start_time


def test_the_service_has_a_name_unless_it_is_given_another(spans, monkeypatch):
    with stage("redact"):
        pass
    assert only(spans).resource.attributes["service.name"] == "qalibrate"
    monkeypatch.setenv("OTEL_SERVICE_NAME", "quality")
    exporter = InMemorySpanExporter()
    tracing.start(SimpleSpanProcessor(exporter))
    with stage("redact"):
        pass
    assert only(exporter).resource.attributes["service.name"] == "quality"
