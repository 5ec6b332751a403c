"""Runs the suite against the gullible model, a setting in each process."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context

from evals.attacks.attack import Attack
from evals.attacks.gullible import GullibleModel
from evals.attacks.measure import Result, run, without
from evals.attacks.report import Row, Setting, make_row
from service.domain.scorecard import Scorecard
from service.domain.transcript import Language
from service.factory import builtin_scorecards

CARD = "inbound-service"
"""The built-in scorecard that is graded, in the language of each attack."""


@cache
def cards_by_language() -> dict[Language, Scorecard]:
    """Return the scorecard for each language."""
    return {card.language: card for card in builtin_scorecards() if card.name.startswith(CARD)}


def run_scripted(suite: Sequence[Attack], settings: Sequence[Setting], *, fully: bool) -> Iterator[Row]:
    """Yield a row for each of `settings`, in their order."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_row, suite, setting, fully) for setting in settings]
        for row in waiting:
            yield row.result()


def _row(suite: Sequence[Attack], setting: Setting, fully: bool) -> Row:
    return make_row(setting, asyncio.run(_results(suite, setting, fully=fully)))


async def _results(suite: Sequence[Attack], setting: Setting, *, fully: bool) -> list[Result]:
    defences = without(setting.off)
    found = run(suite, cards_by_language(), lambda attack: GullibleModel(attack, fully=fully), defences)
    return [result async for result in found]
