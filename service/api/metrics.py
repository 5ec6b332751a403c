"""`/metrics`, for Prometheus: what this process counted, and what the database says is to be done."""

import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from itertools import product
from typing import get_args

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problems import responses
from service.api.strict import StrictRoute
from service.deps import FactoryDep
from service.domain.submission import Priority
from service.telemetry import tracing
from service.telemetry.metrics import REGISTRY, count_request
from service.usecases.workload import Workload

router = APIRouter(tags=["health"], route_class=StrictRoute)


class _Shown(CollectorRegistry):
    """The counters of the process, and gauges that were read for one answer."""

    def __init__(self, gauges: Iterable[Metric]) -> None:
        super().__init__()
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()
        yield from self._gauges


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **responses(422)},
)
async def metrics(request: Request, factory: FactoryDep) -> Response:
    """Answer also while the database is away: without the figures that come from it."""
    workload = await factory.workload()
    gauges = [
        *_of_database(workload, has_worker=factory.has_worker),
        *_of_process(factory.pool.waiting, circuit_is_open=factory.model_is_away),
    ]
    encode, media_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(_Shown(gauges)), media_type=media_type)


def _of_database(workload: Workload | None, *, has_worker: bool) -> Iterator[Metric]:
    yield _gauge("database_up", "Whether the database answered in time.", float(workload is not None))
    if workload is None:
        return
    labels = ("status", "priority")
    depth = GaugeMetricFamily(
        "qalibrate_queue_evaluations", "Evaluations that are not finished.", labels=labels
    )
    age = GaugeMetricFamily(
        "qalibrate_queue_oldest_age_seconds", "Time since the oldest of them was accepted.", labels=labels
    )
    known = {(found.status, found.priority): found for found in workload.unfinished}
    # Where there is nothing it says so: a series that comes and goes alarms nobody.
    for where in product(("queued", "running"), get_args(Priority)):
        found = known.get(where)
        depth.add_metric(where, found.evaluations if found else 0)
        waited = (workload.read_at - found.oldest).total_seconds() if found else 0.0
        age.add_metric(where, max(0.0, waited))
    yield from (depth, age)
    yield _gauge(
        "queue_parked_evaluations", "Evaluations that wait for something to come back.", workload.parked
    )
    webhooks = GaugeMetricFamily(
        "qalibrate_webhooks",
        "Webhooks that were not delivered: waiting for an attempt, or given up.",
        labels=["status"],
    )
    for status in ("pending", "dead"):
        webhooks.add_metric([status], workload.webhooks.get(status, 0))
    yield webhooks
    # An SQLite file has one process, and this is it.
    workers = float(has_worker) if workload.workers is None else workload.workers
    yield _gauge("workers_alive", "Workers of the fleet that gave a sign of life.", workers)


def _of_process(waiting: int, *, circuit_is_open: bool) -> Iterator[Metric]:
    yield _gauge("redaction_pool_waiting", "Texts that wait for a process that redacts.", waiting)
    meaning = "Whether this process holds work back because the model is away."
    yield _gauge("model_circuit_open", meaning, float(circuit_is_open))


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"qalibrate_{name}", meaning, value)


class Measured:
    """ASGI middleware that counts requests by the template of their route, and traces them.

    Paths, queries and headers hold whatever callers put there and are told nowhere.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        # Whoever watches the process asks every few seconds; that is no work to be traced.
        traced = scope["path"].startswith("/v1/")
        span = tracing.request_span() if traced else nullcontext()
        with tracing.continued(_traceparent(scope)), span:
            try:
                await self._app(scope, receive, watched)
            finally:
                route = getattr(scope.get("route"), "path", "unknown")
                count_request(scope["method"], route, status, time.perf_counter() - started)
                if traced:
                    tracing.note(route=route, status=status)


def _traceparent(scope: Scope) -> str | None:
    given = next((value for name, value in scope["headers"] if name == b"traceparent"), None)
    return given.decode("latin-1") if given else None
