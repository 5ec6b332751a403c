"""`--max-cost`: stops a run over many conversations before it costs more than it may."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from service.domain.errors import FieldProblem, InvalidInput
from service.domain.grade import GraderName

if TYPE_CHECKING:
    from service.factory import Factory
    from service.grading.prices import Spending

MaxCostOption = Annotated[
    float | None,
    typer.Option(
        "--max-cost",
        metavar="USD",
        help="Start no further conversation once this much was spent (needs QALIBRATE_PRICES).",
    ),
]


class Budget:
    """How much a run may spend.

    Conversations run side by side as long as those under way are expected, by the mean of the finished ones,
    to stay within `limit_usd`; then one at a time. So the sum goes over by one conversation at most where
    conversations cost about the same. Answers that were paid for but never came are not counted.
    """

    def __init__(self, limit_usd: float, spending: "Spending") -> None:
        self.limit_usd = limit_usd
        self.left_out = 0
        self._spending = spending
        self._under_way = 0
        self._finished = 0
        self._changed = asyncio.Condition()

    @property
    def spent_usd(self) -> float:
        """What was spent so far."""
        return self._spending.usd

    @property
    def is_used_up(self) -> bool:
        """Whether the limit is reached."""
        return self._spending.usd >= self.limit_usd

    @asynccontextmanager
    async def conversation(self) -> AsyncIterator[bool]:
        """Wait until it is clear whether one more may start, and hold its part of the budget meanwhile."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.is_used_up or self._has_room())
            may_start = not self.is_used_up
            self._under_way += may_start
            self.left_out += not may_start
        try:
            yield may_start
        finally:
            async with self._changed:
                self._under_way -= may_start
                self._finished += may_start
                self._changed.notify_all()

    def _has_room(self) -> bool:
        if self._under_way == 0:
            return True
        if self._finished == 0:
            return False
        expected = self._under_way * self._spending.usd / self._finished
        return self._spending.usd + expected < self.limit_usd


def budget_for(max_cost: float | None, factory: "Factory", grader: GraderName | None) -> Budget | None:
    """Return the budget of a run, None without `--max-cost`.

    Raises InvalidInput where the limit could not be kept: not an amount, a grader that costs nothing, or a
    model whose price is not known.
    """
    if max_cost is None:
        return None
    settings = factory.settings
    if not 0 < max_cost < float("inf"):
        raise _wrong("has to be an amount in USD above 0")
    if (grader or settings.default_grader) != "llm":
        raise _wrong("limits what a language model costs; this run uses none, so leave it out")
    if factory.prices.of(settings.model) is None:
        raise _wrong(f"needs the price of {settings.model!r}; write it into a file and set QALIBRATE_PRICES")
    return Budget(max_cost, factory.spending)


def _wrong(what: str) -> InvalidInput:
    return InvalidInput([FieldProblem("--max-cost", what)])
