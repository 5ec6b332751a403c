"""Traces over OTLP, when an endpoint is configured; without one a span costs a comparison.

The provider is this module's own and not the one that libraries find by themselves: what is told of a
conversation is told here, and a library may put anything into a span.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

Attributes = Mapping[str, str | int | float | bool]
"""Ids, counts and names of things; never text."""

NAMESPACE = "qalibrate"
_FLUSH_S = 3.0


class _Tracing:
    """The provider of this process, None while tracing is off."""

    provider: "TracerProvider | None" = None
    tracer: trace.Tracer | None = None


def start(processor: "SpanProcessor | None" = None) -> None:
    """Send spans to the endpoint that the standard variables (`OTEL_EXPORTER_OTLP_…`) name, or hand them
    to `processor`.
    """
    # Imported here: who traces nothing need not load it.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    stop()
    resource = Resource.create()
    # A name that is given (OTEL_SERVICE_NAME) stays.
    if str(resource.attributes.get("service.name")).startswith("unknown_service"):
        resource = resource.merge(Resource({"service.name": NAMESPACE}))
    _Tracing.provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    _Tracing.provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter()))
    _Tracing.tracer = _Tracing.provider.get_tracer(NAMESPACE)


def stop() -> None:
    """Send what is left, within seconds, and trace no more."""
    provider, _Tracing.provider, _Tracing.tracer = _Tracing.provider, None, None
    if provider is not None:
        # A collector that is away must not hold up the end of the service.
        ending = threading.Thread(target=provider.shutdown, name="last-spans", daemon=True)
        ending.start()
        ending.join(_FLUSH_S)


def is_on() -> bool:
    """Whether spans go anywhere."""
    return _Tracing.tracer is not None


@contextmanager
def span(name: str, attributes: Attributes, kind: SpanKind = SpanKind.INTERNAL) -> Iterator[None]:
    """Trace a block. Of an error its kind is told: a message may quote a transcript."""
    if _Tracing.tracer is None:
        yield
        return
    with _Tracing.tracer.start_as_current_span(
        name, kind=kind, attributes=_named(attributes), record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def request_span() -> AbstractContextManager[None]:
    """Trace the answering of a request; what it was becomes known meanwhile."""
    return span("receive", {}, SpanKind.SERVER)


def past_span(name: str, attributes: Attributes, start_ns: int, end_ns: int) -> None:
    """Trace what is over already; times are nanoseconds since 1970."""
    if _Tracing.tracer is not None:
        given = _named(attributes)
        _Tracing.tracer.start_span(name, attributes=given, start_time=start_ns).end(end_ns)


def note(**attributes: str | int | float | bool) -> None:
    """Add what became known to the span under way."""
    if _Tracing.tracer is not None:
        trace.get_current_span().set_attributes(dict(_named(attributes)))


@contextmanager
def continued(traceparent: str | None) -> Iterator[None]:
    """Let spans join the caller's trace. Nothing but its ids is taken over: the other headers of tracing
    hold whatever the caller likes.
    """
    if _Tracing.tracer is None or not traceparent:
        yield
        return
    token = context.attach(TraceContextTextMapPropagator().extract({"traceparent": traceparent}, Context()))
    try:
        yield
    finally:
        context.detach(token)


def current() -> Context:
    """Return what spans that are made elsewhere need to join this trace."""
    return context.get_current()


def traceparent() -> str | None:
    """Return the trace under way in the words of its header, None when there is none."""
    carrier: dict[str, str] = {}
    if _Tracing.tracer is not None:
        TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")


def _named(attributes: Attributes) -> Attributes:
    return {f"{NAMESPACE}.{name}": value for name, value in attributes.items()}
