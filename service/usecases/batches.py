"""Batches, for reading."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from service.domain.batch import Batch, LineProblem
from service.domain.errors import NotFound
from service.storage.database import Database
from service.storage.transaction import Transaction
from service.usecases.cursors import cursor_of, cursor_of_number, read_cursor, read_number_cursor

SHOWN_ERRORS = 100
"""Lines whose errors are shown with the batch; the rest are a list of their own."""

# Whoever receives a batch writes to it more often than that.
SILENT_FOR = timedelta(minutes=3)


class BatchPage(NamedTuple):
    """Part of the batches, and where the next part starts (None at the end)."""

    items: Sequence[Batch]
    next_cursor: str | None


class ProblemPage(NamedTuple):
    """Part of what is wrong with lines, and where the next part starts (None at the end)."""

    items: Sequence[LineProblem]
    next_cursor: str | None


class Batches:
    """The batches of a tenant, for reading."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, tenant: str, batch_id: str) -> Batch:
        """Return a batch with its first errors and how far its evaluations are. Raises NotFound."""
        with self._database.begin(tenant) as tx:
            batch = _found(tx, batch_id)
            errors = tuple(tx.batches.problems(batch_id, 0, SHOWN_ERRORS))
            return batch.model_copy(update={"errors": errors, "evaluations": tx.batches.by_status(batch_id)})

    def list(self, tenant: str, cursor: str | None, limit: int) -> BatchPage:
        """Return a page of batches, newest first, without errors and counts of evaluations.

        Raises InvalidInput for a cursor that is not ours.
        """
        after = read_cursor(cursor) if cursor else None
        with self._database.begin(tenant) as tx:
            found = [_as_it_is(batch) for batch in tx.batches.list(after, limit + 1)]
        more = len(found) > limit
        last = found[limit - 1] if more else None
        return BatchPage(found[:limit], cursor_of(last.created_at, last.id) if last else None)

    def problems(self, tenant: str, batch_id: str, cursor: str | None, limit: int) -> ProblemPage:
        """Return what is wrong with up to `limit` lines. Raises NotFound, and InvalidInput for a cursor that
        is not ours.
        """
        after = read_number_cursor(cursor) if cursor else 0
        with self._database.begin(tenant) as tx:
            _found(tx, batch_id)
            found = tx.batches.problems(batch_id, after, limit + 1)
        lines = sorted({problem.line for problem in found})
        more = len(lines) > limit
        shown = [problem for problem in found if not more or problem.line <= lines[limit - 1]]
        return ProblemPage(shown, cursor_of_number(lines[limit - 1]) if more else None)


def _found(tx: Transaction, batch_id: str) -> Batch:
    batch = tx.batches.get(batch_id)
    if batch is None:
        raise NotFound("batch", batch_id)
    return _as_it_is(batch)


def _as_it_is(batch: Batch) -> Batch:
    """Whose receiver died without a word is interrupted."""
    silent = datetime.now(UTC) - batch.updated_at > SILENT_FOR
    return batch.model_copy(update={"status": "interrupted"}) if batch.status == "open" and silent else batch
