"""Erasing without a job engine."""

from service.storage.database import Database
from service.usecases.erase import Erase


class NoQueue:
    """Takes note of what is taken out of it, and in whose process work is stopped."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []
        self.stopped: list[str] = []

    def forget(self, _tx: object, evaluation_id: str) -> None:
        """Take a job out."""
        self.forgotten.append(evaluation_id)

    def stop(self, evaluation_id: str) -> None:
        """Stop the work on it."""
        self.stopped.append(evaluation_id)


def erasing(database: Database, queue: NoQueue | None = None) -> Erase:
    """Return what erases."""
    return Erase(database, queue or NoQueue())
