"""The counters and histograms of this process, under the names that `/metrics` shows.

Labels take few values that are known beforehand: no tenant, no id, nothing that a caller may choose. What
several processes share, such as the queue, is no counter of one of them and is read when somebody asks.
"""

import platform
from collections.abc import Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)

from service import __version__

# When a counter was made is when the process was, which is told once.
disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()
"""All of this process."""

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
# A model takes seconds, a redaction tens of milliseconds, a queue anything up to hours.
_STAGE_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600, 14400)
# `Prefer: wait` lasts as long as it was asked to.
_REQUEST_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


def _counter(name: str, meaning: str, *labels: str) -> Counter:
    return Counter(f"qalibrate_{name}", meaning, labels, registry=REGISTRY)


def _histogram(name: str, meaning: str, labels: tuple[str, ...], buckets: tuple[float, ...]) -> Histogram:
    return Histogram(f"qalibrate_{name}", meaning, labels, registry=REGISTRY, buckets=buckets)


STAGE_SECONDS = _histogram(
    "stage_duration_seconds", "Time that each stage of an evaluation took.", ("stage",), _STAGE_S
)
EVALUATIONS = _counter("evaluations", "Evaluations that came to an end in this process.", "status", "grader")
GRADES = _counter("grades", "Grades of completed evaluations.", "outcome", "grader")
TOKENS = _counter("model_tokens", "Tokens of requests to the model; cached ones are prompt too.", "kind")
COST = _counter("model_cost_usd", "What requests to the model cost, where prices are known.")
MODEL_REQUESTS = _counter("model_requests", "Requests to the model by what became of them.", "outcome")
REDACTED = _counter("redacted_entities", "Pieces of personal data taken out, by type.", "type")
WEBHOOKS = _counter("webhook_attempts", "Attempts to deliver a webhook.", "outcome")
BATCH_LINES = _counter("batch_lines", "Lines of batches.", "outcome")
RATE_LIMITED = _counter("rate_limited_requests", "Requests refused because their key had sent too many.")
HTTP_REQUESTS = _counter("http_requests", "Requests answered.", "method", "route", "status")
HTTP_SECONDS = _histogram(
    "http_request_duration_seconds", "Time until the last byte of an answer.", ("method", "route"), _REQUEST_S
)
BUILD = Info("qalibrate_build", "The version that runs.", registry=REGISTRY)
BUILD.info({"version": __version__, "python": platform.python_version()})
ProcessCollector(registry=REGISTRY)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count an answered request; `route` is the template of its path."""
    known = method if method in _METHODS else "other"
    HTTP_REQUESTS.labels(known, route, f"{status // 100}xx").inc()
    HTTP_SECONDS.labels(known, route).observe(seconds)


def count_redacted(entities: Mapping[str, int]) -> None:
    """Count what was taken out of one conversation, by type."""
    for kind, pieces in entities.items():
        REDACTED.labels(kind).inc(pieces)


def count_evaluation(status: str, grader: str, outcomes: Mapping[str, int]) -> None:
    """Count an evaluation that came to its end, with its grades by outcome."""
    EVALUATIONS.labels(status, grader).inc()
    for outcome, grades in outcomes.items():
        GRADES.labels(outcome, grader).inc(grades)


def count_answer(prompt: int, cached: int, completion: int, cost_usd: float | None) -> None:
    """Count what one answer of the model cost."""
    MODEL_REQUESTS.labels("answered").inc()
    for kind, tokens in (("prompt", prompt), ("cached", cached), ("completion", completion)):
        TOKENS.labels(kind).inc(tokens)
    COST.inc(cost_usd or 0)
