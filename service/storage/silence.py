"""Gives up a PostgreSQL that fell silent in the middle of a statement.

Neither of PostgreSQL's own means does: the limit of a statement is kept by the server, and keepalives are
answered by an operating system whose server is frozen, or by a proxy in front of one.
"""

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.pq.abc import PGconn

# Longer than the time that the server gives a statement.
SILENCE_S = 40.0

T = TypeVar("T")


class ImpatientConnection(psycopg.Connection[Any]):
    """A connection that closes and raises OperationalError when a statement meets `silence_s` of silence."""

    silence_s = SILENCE_S

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **options: Any) -> T:
        """Do what the driver's own `wait` does, within bounds."""
        return super().wait(_within(gen, self.pgconn, self.silence_s), *args, **options)


def _within(gen: Generator[Any, Any, T], connection: PGconn, silence_s: float) -> Generator[Any, Any, T]:
    """Pass `gen` on to the driver, which resumes it when there are bytes, and with a 0 every moment else."""
    heard = time.monotonic()
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if ready:
                heard = time.monotonic()
            elif time.monotonic() - heard > silence_s and _awaits_an_answer(connection):
                # The driver takes a closed connection for lost and does not use it again.
                connection.finish()
                raise psycopg.OperationalError("the server fell silent")
            wanted = gen.send(ready)
    except StopIteration as end:
        result: T = end.value
        return result


def _awaits_an_answer(connection: PGconn) -> bool:
    """Whether a statement is under way; whoever only listens may wait for as long as it likes."""
    return TransactionStatus(connection.transaction_status) is TransactionStatus.ACTIVE
