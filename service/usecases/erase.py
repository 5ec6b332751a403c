"""Erasing for good: one evaluation, some, or all of a conversation. Numbers and a line in the log stay."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from service.domain.audit import AuditEntry
from service.domain.erasure import Erased
from service.domain.errors import Gone, NotFound
from service.domain.evaluation import FINAL
from service.storage.database import Database
from service.storage.erasure import ErasedRow
from service.storage.transaction import Transaction
from service.usecases.handover import Handover
from service.usecases.queue import JobQueue

AT_ONCE = 100
"""Evaluations that one transaction erases."""


class Erase:
    """Erases a tenant's evaluations. `by` is the key that asks, or who stands for one."""

    def __init__(
        self,
        database: Database,
        queue: JobQueue,
        handover: Handover | None = None,
        on_done: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Make one; what this process remembers of an evaluation for its worker goes as well. `on_done` is
        called with the id of each evaluation that somebody may be waiting for.
        """
        self._database = database
        self._queue = queue
        self._handover = handover or Handover()
        self._on_done = on_done

    def one(self, tenant: str, evaluation_id: str, by: str) -> None:
        """Erase an evaluation, whatever its state. Raises NotFound, and Gone when it was erased before."""
        done = self.several(tenant, [evaluation_id], by)
        if done.gone:
            raise Gone("evaluation", evaluation_id)
        if done.unknown:
            raise NotFound("evaluation", evaluation_id)

    def several(self, tenant: str, ids: Sequence[str], by: str) -> Erased:
        """Erase these evaluations, and say which were erased before and which are not there."""
        wanted = list(dict.fromkeys(ids))
        done: set[str] = set()
        gone: set[str] = set()
        for at in range(0, len(wanted), AT_ONCE):
            part = wanted[at : at + AT_ONCE]
            with self._database.begin(tenant) as tx:
                rows = self._erase(tx, part, by)
                done |= {row.id for row in rows}
                gone |= tx.erasure.erased_among([one for one in part if one not in done])
            self.stop(rows)
        if done:
            self._database.settle()
        return Erased(
            erased=len(done),
            gone=tuple(one for one in wanted if one in gone),
            unknown=tuple(one for one in wanted if one not in done and one not in gone),
        )

    def conversation(self, tenant: str, external_id: str, by: str) -> Erased:
        """Erase all evaluations of the conversation that has this external_id."""
        erased = 0
        while True:
            with self._database.begin(tenant) as tx:
                found = tx.erasure.of_conversation(external_id, AT_ONCE)
                rows = self._erase(tx, found, by)
            self.stop(rows)
            erased += len(rows)
            if len(found) < AT_ONCE:
                break
        if erased:
            self._database.settle()
        return Erased(erased=erased)

    def within(self, tx: Transaction, ids: Sequence[str], now: datetime) -> Sequence[ErasedRow]:
        """Erase these evaluations in a transaction of their tenant; return those that were not erased yet.

        Whoever calls it writes the line in the log, and calls `stop` once that is committed.
        """
        rows = tx.erasure.erase(ids, now)
        erased = [row.id for row in rows]
        if erased:
            tx.deliveries.drop_of(erased)
            tx.reviews.forget_words(erased)
            tx.appeals.forget_words(erased, now)
            tx.sessions.forget_words(erased)
        for one in _unfinished(rows):
            self._queue.forget(tx, one)
        return rows

    def stop(self, rows: Sequence[ErasedRow]) -> None:
        """Stop the work on what is erased, and let go of what this process remembers of it."""
        for row in rows:
            self._handover.take(row.id)
        for one in _unfinished(rows):
            self._queue.stop(one)
            self._on_done(one)

    def _erase(self, tx: Transaction, ids: Sequence[str], by: str) -> Sequence[ErasedRow]:
        now = datetime.now(UTC)
        rows = self.within(tx, ids, now)
        tx.audit.add(*(_line(row, by, now) for row in rows))
        return rows


def _line(row: ErasedRow, by: str, now: datetime) -> AuditEntry:
    return AuditEntry(
        at=now, actor=by, action="evaluation.erased", subject=row.id, details={"status": row.status}
    )


def _unfinished(rows: Sequence[ErasedRow]) -> Sequence[str]:
    return [row.id for row in rows if row.status not in FINAL]
