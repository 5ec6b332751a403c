"""Redacts what waited sealed: the worker's first step where redaction is not done on submission."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from service.domain.errors import InvalidInput, SecretKeyMissing
from service.domain.evaluation import Failure, Waiting
from service.domain.submission import Assignment
from service.storage.database import Database
from service.storage.sealed_requests import StuckRequest
from service.usecases.queue import JobQueue
from service.usecases.redact import RedactConversation, Redacted
from service.usecases.request_seal import RequestSeal
from service.usecases.vault import Vault

log = structlog.get_logger(__name__)

# Workers look at their start, and about so often, whether there is a key now.
REOPEN_EVERY = timedelta(minutes=10)
AT_ONCE = 200

_WORKER = ""


class Unseal:
    """Puts a redacted conversation in the place of a sealed one."""

    def __init__(
        self,
        database: Database,
        queue: JobQueue,
        redact: RedactConversation,
        vault: Vault,
        seal: RequestSeal,
    ) -> None:
        self.lacks_key = False
        """Whether something waits for a key that this process does not have."""
        self._queue = queue
        self._database = database
        self._redact = redact
        self._vault = vault
        self._seal = seal

    async def __call__(self, assignment: Assignment, sealed: bytes) -> Assignment | Failure | None:
        """Return what is to be graded, redacted, which is stored by then and the sealed request gone; or why
        it cannot be redacted, and the sealed request is gone all the same.

        None: no key opens it, or it is cancelled meanwhile. In the first case it waits, without a job, until
        `reopen` finds a key. Raises DatabaseAway.
        """
        try:
            conversation = self._seal.open(assignment.id, sealed)
        except SecretKeyMissing as error:
            await asyncio.to_thread(self._wait, assignment, error)
            return None
        try:
            found = await self._redact(conversation, assignment.tenant, originals=self._vault.is_on)
        except InvalidInput as error:
            await asyncio.to_thread(self._drop, assignment)
            return Failure(type=error.type, detail=error.detail)
        if not await asyncio.to_thread(self._store, assignment, found):
            return None
        update = {"conversation": found.conversation, "redaction": found.summary, "sealed": None}
        return assignment.model_copy(update=update)

    def reopen(self) -> int:
        """Queue some of those again that waited for a key which is there now; return how many."""
        with self._database.begin(_WORKER) as tx:
            stuck = tx.sealed_requests.stuck(AT_ONCE)
            openable = [one for one in stuck if self._opens(one)]
            for one in openable:
                theirs = tx.on_behalf_of(one.tenant)
                # What is left of its last job would keep a new one out.
                self._queue.forget(theirs, one.evaluation_id)
                self._queue.enqueue(theirs, one.evaluation_id, one.priority, grader=one.grader)
                theirs.sealed_requests.unstick(one.evaluation_id)
        self.lacks_key = len(openable) < len(stuck)
        if openable:
            self._queue.tell()
        return len(openable)

    def _opens(self, one: StuckRequest) -> bool:
        try:
            self._seal.open(one.evaluation_id, one.sealed)
        except SecretKeyMissing:
            return False
        return True

    def _wait(self, assignment: Assignment, why: SecretKeyMissing) -> None:
        """Write down what it waits for. It loses its job, so that others have a turn."""
        now = datetime.now(UTC)
        since = assignment.waiting.since if assignment.waiting else now
        waiting = Waiting(type=why.type, detail=why.detail, since=since, until=now + REOPEN_EVERY)
        with self._database.begin(_WORKER) as tx:
            tx.evaluations.park(assignment.id, waiting)
        if not self.lacks_key:
            log.error("a sealed request cannot be opened; it waits for the key", evaluation=assignment.id)
        self.lacks_key = True

    def _store(self, assignment: Assignment, found: Redacted) -> bool:
        with self._database.begin(_WORKER) as workers:
            tx = workers.on_behalf_of(assignment.tenant)
            tx.sealed_requests.drop(assignment.id)
            # Who cancelled or erased it meanwhile wants nothing of it kept.
            wanted = tx.evaluations.unseal(assignment.id, found.conversation, found.summary)
            if wanted:
                self._vault.keep(tx, assignment.id, found.originals, datetime.now(UTC))
            return wanted

    def _drop(self, assignment: Assignment) -> None:
        with self._database.begin(_WORKER) as tx:
            tx.on_behalf_of(assignment.tenant).sealed_requests.drop(assignment.id)
