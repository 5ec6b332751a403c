"""Which conversation is being graded, for the how-many-th time: what a model's wrappers have to know."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from typing import NamedTuple

from service.grading.port import ChatAnswer, ChatModel, ChatRequest

_SEEDS_APART = 1000
"""Votes of one grading have seeds one apart; those of two repeats never meet."""


class Occasion(NamedTuple):
    """A conversation by its id, and the repeat, from 0."""

    conversation: str
    repeat: int


_NOBODY = Occasion("", 0)
_current: ContextVar[Occasion] = ContextVar("occasion", default=_NOBODY)


def begin(occasion: Occasion) -> None:
    """Say what the running task is doing from now on."""
    _current.set(occasion)


def current() -> Occasion:
    """Return what the running task is doing."""
    return _current.get()


def current_name() -> str:
    """Return the same as one text."""
    occasion = current()
    return f"{occasion.repeat}:{occasion.conversation}"


class ReseededModel:
    """Asks `inner` with another seed in each repeat, so that a repeat is not the same request again."""

    def __init__(self, inner: ChatModel) -> None:
        self._inner = inner

    @property
    def name(self) -> str:
        """The model as it was configured."""
        return self._inner.name

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the model's answer. Raises what the model raises."""
        moved = request.seed + _SEEDS_APART * current().repeat
        return await self._inner.complete(replace(request, seed=moved))


class CountedModel:
    """Tells `count` of each request to `inner`."""

    def __init__(self, inner: ChatModel, count: Callable[[str], None]) -> None:
        self._inner = inner
        self._count = count

    @property
    def name(self) -> str:
        """The model as it was configured."""
        return self._inner.name

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the model's answer. Raises what the model raises."""
        self._count(current().conversation)
        return await self._inner.complete(request)
