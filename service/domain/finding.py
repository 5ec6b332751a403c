"""What an examination of the installation found, one thing at a time."""

from typing import Literal

from service.domain.base import Model

State = Literal["ok", "warn", "fail"]


class Finding(Model):
    """How one thing is. `remedy` says what to do about it; neither holds a secret."""

    check: str
    state: State
    detail: str
    remedy: str | None = None


def ok(check: str, detail: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(check=check, state="ok", detail=detail)


def warn(check: str, detail: str, remedy: str | None = None) -> Finding:
    """Return that something works, but not as one would wish."""
    return Finding(check=check, state="warn", detail=detail, remedy=remedy)


def fail(check: str, detail: str, remedy: str | None = None) -> Finding:
    """Return that something does not work."""
    return Finding(check=check, state="fail", detail=detail, remedy=remedy)
