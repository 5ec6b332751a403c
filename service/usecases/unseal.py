"""Redacts what waited sealed: the worker's first step where redaction is not done on submission."""

import asyncio
from datetime import UTC, datetime

from service.domain.errors import InvalidInput
from service.domain.evaluation import Failure
from service.domain.submission import Assignment
from service.storage.database import Database
from service.usecases.redact import RedactConversation, Redacted
from service.usecases.request_seal import RequestSeal
from service.usecases.vault import Vault

_WORKER = ""


class Unseal:
    """Puts a redacted conversation in the place of a sealed one."""

    def __init__(
        self, database: Database, redact: RedactConversation, vault: Vault, seal: RequestSeal
    ) -> None:
        self._database = database
        self._redact = redact
        self._vault = vault
        self._seal = seal

    async def __call__(self, assignment: Assignment) -> Assignment | Failure:
        """Return what is to be graded, redacted, which is stored by then and the sealed request gone; or why
        it cannot be redacted, and the sealed request is gone all the same. What was not sealed stays.

        Raises SecretKeyMissing when no key opens it: nothing is changed, it can be tried again with another
        key. Raises Unavailable when redacting or storing has to be tried again.
        """
        if assignment.sealed is None:
            return assignment
        conversation = self._seal.open(assignment.id, assignment.sealed)
        try:
            found = await self._redact(conversation, assignment.tenant, originals=self._vault.is_on)
        except InvalidInput as error:
            await asyncio.to_thread(self._drop, assignment)
            return Failure(type=error.type, detail=error.detail)
        await asyncio.to_thread(self._store, assignment, found)
        update = {"conversation": found.conversation, "redaction": found.summary, "sealed": None}
        return assignment.model_copy(update=update)

    def _store(self, assignment: Assignment, found: Redacted) -> None:
        with self._database.begin(_WORKER) as workers:
            tx = workers.on_behalf_of(assignment.tenant)
            tx.sealed_requests.drop(assignment.id)
            # Who cancelled or erased it meanwhile wants nothing of it kept.
            if tx.evaluations.unseal(assignment.id, found.conversation, found.summary):
                self._vault.keep(tx, assignment.id, found.originals, datetime.now(UTC))

    def _drop(self, assignment: Assignment) -> None:
        with self._database.begin(_WORKER) as tx:
            tx.on_behalf_of(assignment.tenant).sealed_requests.drop(assignment.id)
