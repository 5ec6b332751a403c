"""Word lists that the rules read: one file per list, white space between words, ``#`` for comments."""

from functools import cache
from importlib.resources import files


@cache
def words(name: str) -> frozenset[str]:
    """The words of the list ``data/<name>.txt``, in lower case."""
    text = files("redaction").joinpath("data", f"{name}.txt").read_text(encoding="utf-8")
    lines = (line.partition("#")[0] for line in text.splitlines())
    return frozenset(word for line in lines for word in line.lower().split())


@cache
def lines(name: str) -> tuple[str, ...]:
    """The lines of the list ``data/<name>.txt``, for names of several words; empty ones are left out."""
    text = files("redaction").joinpath("data", f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line for raw in text.splitlines() if (line := raw.partition("#")[0].strip()))
