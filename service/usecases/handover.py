"""What one process accepts and works off itself need not be read back in between."""

import threading
from collections import OrderedDict
from typing import NamedTuple

from service.domain.evaluation import Evaluation
from service.domain.submission import Submission

# Jobs that wait longer than this many others are read from the database.
REMEMBERED = 256


class Accepted(NamedTuple):
    """A submission as it was committed, and how it was answered."""

    tenant: str
    submission: Submission
    evaluation: Evaluation


class Handover:
    """Remembers the latest submissions until they are worked on. It may forget: the database does not."""

    def __init__(self) -> None:
        self._most = REMEMBERED
        self._accepted: OrderedDict[str, Accepted] = OrderedDict()
        self._lock = threading.Lock()

    def remember_none(self) -> None:
        """Remember nothing from here on: nobody in this process would come for it."""
        self._most = 0

    def put(self, accepted: Accepted) -> None:
        """Remember a submission that is about to be committed."""
        with self._lock:
            self._accepted[accepted.submission.id] = accepted
            if len(self._accepted) > self._most:
                self._accepted.popitem(last=False)

    def take(self, evaluation_id: str) -> Accepted | None:
        """Return a submission and forget it; None when it is not remembered."""
        with self._lock:
            return self._accepted.pop(evaluation_id, None)
