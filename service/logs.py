"""Structured logs on standard error. No call in this project logs text of a conversation."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import Processor

AUDIT = "service.audit"
"""The logger of what must never be left out."""


def configure_logs(level: str, style: str) -> None:
    """Send everything, libraries included, to standard error as JSON lines, or as text with `console`."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if style == "console"
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _drop_exception_text],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("service").setLevel(level.upper())
    # Who saw personal data is told at every level.
    logging.getLogger(AUDIT).setLevel(logging.INFO)


class _StandardError(logging.StreamHandler[Any]):
    """Writes to what standard error is at that moment, not to what it was when logs were set up."""

    @property
    def stream(self) -> Any:
        return sys.stderr

    @stream.setter
    def stream(self, _given: Any) -> None:
        pass


def _drop_exception_text(_logger: Any, _method: str, event: Any) -> Any:
    """Keep the kind of a library's exception and drop its text, which may quote what it choked on."""
    info = event.pop("exc_info", None)
    kind = info[0] if isinstance(info, tuple) else None
    if kind is not None:
        event["error"] = kind.__name__
    return event
