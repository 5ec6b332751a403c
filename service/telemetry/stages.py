"""The stages of an evaluation: each is a span of its trace and an observation of one histogram."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal

from service.telemetry import tracing
from service.telemetry.metrics import STAGE_SECONDS

Stage = Literal[
    "redact", "commit", "queue", "grade", "prompt", "model", "verify", "redact_answer", "store", "deliver"
]
"""`grade` holds `prompt`, `model` and `verify`. `queue` is the time from acceptance to the start of work."""


@contextmanager
def stage(name: Stage, **attributes: str | int | float | bool) -> Iterator[None]:
    """Measure and trace a block; attributes are ids, counts and names, never text."""
    started = time.perf_counter()
    try:
        with tracing.span(name, attributes):
            yield
    finally:
        STAGE_SECONDS.labels(name).observe(time.perf_counter() - started)


def waited(name: Stage, since: datetime, **attributes: str | int | float | bool) -> None:
    """Measure and trace a stage that began at `since` and ends now."""
    now = datetime.now(UTC)
    # Clocks of two machines differ.
    seconds = max(0.0, (now - since).total_seconds())
    STAGE_SECONDS.labels(name).observe(seconds)
    end_ns = time.time_ns()
    tracing.past_span(name, attributes, end_ns - round(seconds * 1e9), end_ns)
