"""Removes what is over its time, a portion at a time, so that nobody has to wait for it."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from service.storage.database import Database

Chore = Callable[[], int]
"""Removes one portion and returns how much that was; it is called again until that is nothing."""

KEYS_KEPT = timedelta(hours=48)
KEYS_AT_ONCE = 1000
# Between two portions whoever else wants to write has a turn.
PAUSE_S = 0.02


def tidy(chores: Sequence[Chore], enough: Callable[[], bool] = lambda: False) -> None:
    """Do each of the chores until nothing is left, or until it is `enough`. Raises DatabaseAway."""
    for chore in chores:
        while not enough() and chore():
            time.sleep(PAUSE_S)


class Settle:
    """The chore of letting go, in SQLite's files, of what the chores before it and anybody else deleted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self) -> int:
        """Empty the write-ahead log. That is done at once, or with the next round."""
        self._database.settle()
        return 0


class ForgetKeys:
    """The chore of forgetting idempotency keys: whoever repeats a request does so within two days."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self) -> int:
        """Forget some of those that are too old; return how many."""
        before = datetime.now(UTC) - KEYS_KEPT
        with self._database.begin("", forgetful=True) as tx:
            return tx.idempotency.forget_before(before, KEYS_AT_ONCE)
