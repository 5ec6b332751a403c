"""What became of webhooks: listed, and sent again."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import structlog

from service.domain.audit import AuditEntry
from service.domain.errors import Conflict, Gone, NotFound
from service.domain.webhook import ID_PREFIX, Delivery, DeliveryStatus
from service.storage.database import Database
from service.storage.transaction import Transaction
from service.usecases.cursors import cursor_of, read_cursor
from service.usecases.queue import JobQueue

log = structlog.get_logger(__name__)

PORTION = 500
"""So many deliveries are sent again in one transaction."""

OVERDUE = timedelta(hours=1)
"""A job that is so late is gone, or so far behind in its queue that another one does no harm."""

_ANY = ""


class DeliveryPage(NamedTuple):
    """Part of a list, and where the next part starts (None at the end)."""

    items: Sequence[Delivery]
    next_cursor: str | None


class Webhooks:
    """The deliveries of a tenant."""

    def __init__(self, database: Database, queue: JobQueue) -> None:
        self._database = database
        self._queue = queue

    def get(self, tenant: str, delivery_id: str) -> Delivery:
        """Return one delivery. Raises NotFound."""
        with self._database.begin(tenant) as tx:
            return _found(tx, delivery_id)

    def list(
        self,
        tenant: str,
        status: DeliveryStatus | None = None,
        evaluation_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> DeliveryPage:
        """Return a page of deliveries, newest first. Raises InvalidInput for a cursor that is not ours."""
        after = None
        if cursor:
            moment, number = read_cursor(cursor)
            after = moment, ID_PREFIX + number
        with self._database.begin(tenant) as tx:
            found = tx.deliveries.list(status, evaluation_id, after, limit + 1)
        if len(found) <= limit:
            return DeliveryPage(found, None)
        last = found[limit - 1]
        return DeliveryPage(found[:limit], cursor_of(last.created_at, last.id.removeprefix(ID_PREFIX)))

    def resend(self, tenant: str, delivery_id: str, by: str) -> Delivery:
        """Send a dead or delivered one again, under the same id, with all its retries; `by` says who asks.

        Raises NotFound, Conflict while it is pending, Gone when its evaluation was erased.
        """
        with self._database.begin(tenant) as tx:
            found = _found(tx, delivery_id)
            if found.status == "dropped" or not tx.deliveries.has_subject(found.evaluation_id):
                raise Gone("evaluation", found.evaluation_id)
            if not self._renewed(tx, delivery_id, by):
                raise Conflict(f"webhook {delivery_id!r} is on its way already")
            renewed = _found(tx, delivery_id)
        self._queue.tell()
        return renewed

    def resend_dead(self, tenant: str, by: str, limit: int = PORTION) -> int:
        """Send up to `limit` dead ones again, the oldest first; return how many that were."""
        with self._database.begin(tenant) as tx:
            resent = sum(self._renewed(tx, one, by) for one in tx.deliveries.dead(limit))
        self._queue.tell()
        return resent

    def requeue_overdue(self) -> int:
        """Queue anew what should have been tried long ago, whoever's it is; return how many that were."""
        now = datetime.now(UTC)
        with self._database.begin(_ANY) as tx:
            overdue = tx.deliveries.overdue(now - OVERDUE, now, PORTION)
            for one in overdue:
                self._queue.enqueue_delivery(tx.on_behalf_of(one.tenant), one.id, one.job)
        if overdue:
            log.warning("webhooks without a job were queued again", webhooks=len(overdue))
            self._queue.tell()
        return len(overdue)

    def _renewed(self, tx: Transaction, delivery_id: str, by: str) -> bool:
        now = datetime.now(UTC)
        job = tx.deliveries.renew(delivery_id, now)
        if job is None:
            return False
        self._queue.enqueue_delivery(tx, delivery_id, job)
        tx.audit.add(AuditEntry(at=now, actor=by, action="webhook.resent", subject=delivery_id))
        return True


def _found(tx: Transaction, delivery_id: str) -> Delivery:
    # What no id looks like is not asked for: some databases refuse to compare it.
    known = re.fullmatch(rf"{ID_PREFIX}[0-9a-f]{{32}}", delivery_id)
    delivery = tx.deliveries.get(delivery_id) if known else None
    if delivery is None:
        raise NotFound("webhook", delivery_id)
    return delivery
