"""Tells the outside what became of an evaluation: in the transaction that makes it so."""

import uuid
from datetime import UTC, datetime

from service.domain.webhook import ID_PREFIX, EventType
from service.storage.transaction import Transaction
from service.usecases.queue import JobQueue


class Announce:
    """Leaves a delivery for every event of an evaluation that has a callback URL."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue

    def __call__(self, tx: Transaction, evaluation_id: str, event: EventType) -> None:
        """Leave a delivery; it is there when, and only when, `tx`, of the evaluation's tenant, commits."""
        url = tx.evaluations.callback_of(evaluation_id)
        if url is None:
            return
        delivery_id = ID_PREFIX + uuid.uuid4().hex
        tx.deliveries.add(delivery_id, evaluation_id, event, url, datetime.now(UTC))
        self._queue.enqueue_delivery(tx, delivery_id, attempt=1)
