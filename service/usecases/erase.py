"""Erasing for good: one evaluation, some, or all of a conversation. Numbers and a line in the log stay."""

from collections.abc import Sequence
from datetime import UTC, datetime

from service.domain.audit import AuditEntry
from service.domain.erasure import Erased
from service.domain.errors import Gone, NotFound
from service.storage.database import Database
from service.storage.erasure import ErasedRow
from service.storage.transaction import Transaction
from service.usecases.handover import Handover

AT_ONCE = 200
"""Evaluations that one transaction erases."""


class Erase:
    """Erases a tenant's evaluations. `by` is the key that asks, or who stands for one."""

    def __init__(self, database: Database, handover: Handover | None = None) -> None:
        """Make one; what this process remembers of an evaluation for its worker goes as well."""
        self._database = database
        self._handover = handover or Handover()

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
            with self._database.begin(tenant) as tx:
                part = wanted[at : at + AT_ONCE]
                done |= {row.id for row in self._erase(tx, part, by)}
                gone |= tx.erasure.erased_among([one for one in part if one not in done])
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
                erased += len(self._erase(tx, found, by))
            if len(found) < AT_ONCE:
                return Erased(erased=erased)

    def _erase(self, tx: Transaction, ids: Sequence[str], by: str) -> Sequence[ErasedRow]:
        now = datetime.now(UTC)
        rows = erase(tx, self._handover, ids, now)
        tx.audit.add(
            *(
                AuditEntry(
                    at=now,
                    actor=by,
                    action="evaluation.erased",
                    subject=row.id,
                    details={"status": row.status},
                )
                for row in rows
            )
        )
        return rows


def erase(tx: Transaction, handover: Handover, ids: Sequence[str], now: datetime) -> Sequence[ErasedRow]:
    """Erase these evaluations in a transaction of their tenant, and return those that were not erased yet.

    The caller writes the line in the log.
    """
    rows = tx.erasure.erase(ids, now)
    erased = [row.id for row in rows]
    if erased:
        tx.deliveries.drop_of(erased)
        tx.reviews.forget_words(erased)
        tx.appeals.forget_words(erased, now)
        tx.sessions.forget_words(erased)
    for one in erased:
        handover.take(one)
    return rows
