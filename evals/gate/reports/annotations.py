"""Lines that CI systems show beside a build: `::error title=…::…` and `::warning …`."""

from collections.abc import Iterator

from evals.gate.judgement import Judgement
from evals.gate.reports.words import plain

_MOST = 50
_LONGEST = 1_000


def annotations(judgement: Judgement) -> Iterator[str]:
    """Yield a line for each failure and each warning, the first of many."""
    yield from _lines("error", "Grading gate failed", judgement.failures)
    kind = "error" if judgement.outcome == "unmeasured" else "warning"
    yield from _lines(kind, "Grading gate", judgement.warnings)


def _lines(kind: str, title: str, sentences: tuple[str, ...]) -> Iterator[str]:
    for sentence in sentences[:_MOST]:
        yield command(kind, title, sentence)
    if len(sentences) > _MOST:
        yield command(kind, title, f"and {len(sentences) - _MOST} more")


def command(kind: str, title: str, message: str) -> str:
    """Return one line. What strangers wrote cannot end it, nor begin another."""
    return f"::{kind} title={_property(title)}::{_data(plain(message, _LONGEST))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(plain(text)).replace(":", "%3A").replace(",", "%2C")
