"""Ends an evaluation, or those of a batch, before it is graded, and begins one anew that failed."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from pydantic import JsonValue

from service.domain.audit import AuditAction, AuditEntry
from service.domain.errors import Conflict, NotFound
from service.domain.evaluation import Evaluation
from service.storage.database import Database
from service.storage.transaction import Transaction
from service.telemetry.metrics import count_evaluation
from service.usecases.announce import Announce
from service.usecases.queue import JobQueue

PORTION = 50
"""Evaluations of a batch that are cancelled in one transaction."""


class CancelEvaluation:
    """Makes an evaluation final without a result. `by` is the id of the key that asks."""

    def __init__(
        self,
        database: Database,
        queue: JobQueue,
        announce: Announce,
        on_done: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Make it; `on_done` is called with the id of each evaluation that was cancelled."""
        self._database = database
        self._queue = queue
        self._announce = announce
        self._on_done = on_done

    def __call__(self, tenant: str, evaluation_id: str, by: str) -> Evaluation:
        """Return the cancelled evaluation; cancelling it again changes nothing.

        Work on it stops, at once or within seconds. Raises NotFound, Gone when it was erased, and Conflict
        when it is completed or failed.
        """
        with self._database.begin(tenant) as tx:
            is_new = self.within(tx, evaluation_id, by)
            evaluation = _found(tx, evaluation_id)
            if evaluation.status != "cancelled":
                raise Conflict(f"the evaluation is {evaluation.status} already")
        if is_new:
            self.committed([evaluation_id])
        return evaluation

    def within(self, tx: Transaction, evaluation_id: str, by: str) -> bool:
        """Cancel one as part of a transaction; False when it is final already, or not the tenant's."""
        is_new = tx.evaluations.cancel(evaluation_id, datetime.now(UTC))
        if is_new:
            self._queue.forget(tx, evaluation_id)
            tx.sealed_requests.drop(evaluation_id)
            self._announce(tx, evaluation_id, "evaluation.cancelled")
            _note(tx, evaluation_id, "evaluation.cancelled", by)
        return is_new

    def committed(self, evaluation_ids: Sequence[str]) -> None:
        """Stop work on evaluations that are cancelled now, and tell who waits for them."""
        for evaluation_id in evaluation_ids:
            count_evaluation("cancelled", "none", {})
            self._queue.stop(evaluation_id)
            self._on_done(evaluation_id)
        self._queue.tell()


class CancelBatch:
    """Cancels every evaluation of a batch that is not final. `by` is the id of the key that asks."""

    def __init__(self, database: Database, cancel: CancelEvaluation) -> None:
        self._database = database
        self._cancel = cancel

    def __call__(self, tenant: str, batch_id: str, by: str) -> None:
        """Cancel those that were accepted until now, in portions that hold up nobody else; where it breaks
        off, doing it again goes on. Raises NotFound.
        """
        began = datetime.now(UTC)
        last: int | None = 0
        with self._database.begin(tenant) as tx:
            if tx.batches.get(batch_id) is None:
                raise NotFound("batch", batch_id)
        while last is not None:
            last = self._portion(tenant, batch_id, by, began, last)

    def _portion(self, tenant: str, batch_id: str, by: str, began: datetime, after: int) -> int | None:
        """Return the last line that was cancelled, or None when there is none after a line."""
        with self._database.begin(tenant) as tx:
            rows = tx.evaluations.unfinished_of_batch(batch_id, after, began, PORTION)
            ended = [one for _, one in rows if self._cancel.within(tx, one, by)]
            if ended:
                _note(tx, batch_id, "batch.cancelled", by, cancelled=len(ended))
        self._cancel.committed(ended)
        return rows[-1][0] if rows else None


class RetryEvaluation:
    """Has an evaluation that failed graded anew. `by` is the id of the key that asks."""

    def __init__(self, database: Database, queue: JobQueue) -> None:
        self._database = database
        self._queue = queue

    def __call__(self, tenant: str, evaluation_id: str, by: str) -> Evaluation:
        """Return the evaluation, which is queued again as if it were new.

        Raises NotFound, Gone when it was erased, and Conflict when it has not failed.
        """
        with self._database.begin(tenant) as tx:
            again = tx.evaluations.restart(evaluation_id)
            evaluation = _found(tx, evaluation_id)
            if again is None:
                raise Conflict(f"the evaluation is {evaluation.status}; only a failed one can be tried again")
            # What is left of its last job would keep a new one out.
            self._queue.forget(tx, evaluation_id)
            self._queue.enqueue(tx, evaluation_id, again.priority, grader=again.grader)
            _note(tx, evaluation_id, "evaluation.retried", by)
        self._queue.tell()
        return evaluation


def _found(tx: Transaction, evaluation_id: str) -> Evaluation:
    evaluation = tx.evaluations.get(evaluation_id)
    if evaluation is None:
        raise NotFound("evaluation", evaluation_id)
    return evaluation


def _note(tx: Transaction, subject: str, action: AuditAction, by: str, **details: JsonValue) -> None:
    entry = AuditEntry(at=datetime.now(UTC), actor=by, action=action, subject=subject, details=details)
    tx.audit.add(entry)
