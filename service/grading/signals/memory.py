"""Work that several signals need, done once: each text is searched for each list of phrases a single time."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar, cast

T = TypeVar("T")

_known: ContextVar[dict[Hashable, object] | None] = ContextVar("_known", default=None)


@contextmanager
def shared_work() -> Iterator[None]:
    """Share work between the signals measured inside, and forget it at the end: no text of a conversation
    outlives its evaluation here. Inside another `shared_work` the outer one goes on.
    """
    if _known.get() is not None:
        yield
        return
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def is_shared() -> bool:
    """Return whether work is shared now: if not, a caller who wants the first of many may take just that."""
    return _known.get() is not None


def once(key: Hashable, work: Callable[[], T]) -> T:
    """Return what `work` returns, done once for each `key` within `shared_work`, and each time outside it."""
    known = _known.get()
    if known is None:
        return work()
    if key not in known:
        known[key] = work()
    return cast("T", known[key])


def once_for(whole: object, name: Hashable, work: Callable[[], T]) -> T:
    """Return what `work` returns, done once for each `name` of this very object within `shared_work`."""
    # The object is kept beside the result: while it lives, no other has its id.
    return once((id(whole), name), lambda: (whole, work()))[1]
