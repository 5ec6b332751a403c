"""Where jobs wait, as use cases see it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from service.domain.grade import GraderName
from service.domain.submission import Priority
from service.storage.transaction import Transaction


class NewJob(NamedTuple):
    """The grading of an evaluation that is about to be accepted."""

    evaluation_id: str
    priority: Priority
    grader: GraderName


def regrade_job(appeal_id: str, attempt: int) -> str:
    """Return the id of the job that grades a contested dimension anew for the `attempt`th time."""
    return f"regrade-{appeal_id}-{attempt}"


class JobQueue(Protocol):
    """Where jobs wait. What is put in through a transaction is there when, and only when, it commits."""

    def enqueue(
        self,
        tx: Transaction,
        evaluation_id: str,
        priority: Priority = "interactive",
        delay_s: float = 0,
        grader: GraderName = "llm",
    ) -> None:
        """Queue the grading of an evaluation of the tenant of `tx`, after `delay_s` seconds at the earliest.

        What needs no model, as `grader` says, does not wait behind what does.
        """

    def enqueue_new(self, tx: Transaction, jobs: Sequence[NewJob]) -> None:
        """Queue the grading of evaluations of the tenant of `tx` that were never queued before."""

    def forget(self, tx: Transaction, evaluation_id: str) -> None:
        """Take the job of an evaluation out of the queue, wherever it is; nothing when there is none."""

    def stop(self, evaluation_id: str) -> None:
        """Say that forgetting is committed: what works on it in this process stops. Others notice it."""

    def enqueue_delivery(self, tx: Transaction, delivery_id: str, attempt: int, delay_s: float = 0) -> None:
        """Queue attempt number `attempt`, from 1 on, of a webhook, after `delay_s` seconds at the earliest.

        The same delivery and attempt are queued once, however often this is called.
        """

    def enqueue_regrade(
        self,
        tx: Transaction,
        appeal_id: str,
        attempt: int,
        delay_s: float = 0,
        grader: GraderName = "llm",
    ) -> None:
        """Queue attempt number `attempt`, from 1 on, to grade a contested dimension anew, after `delay_s`
        seconds at the earliest. What needs no model, as `grader` says, does not wait behind what does.

        The same appeal and attempt are queued once, however often this is called.
        """

    def tell(self) -> None:
        """Say that what was put in is committed."""
