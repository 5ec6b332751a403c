"""Accepts a conversation for grading: redacted first, or sealed for a worker that redacts it."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from service.domain.errors import TooBusy
from service.domain.evaluation import Evaluation
from service.domain.grade import GraderName
from service.domain.submission import BatchLine
from service.storage.database import Database
from service.telemetry import stage, tracing
from service.usecases.accept import (
    Acceptance,
    Draft,
    GraderNotConfigured,
    Idempotency,
    Outcome,
    Taken,
    same_request,
)
from service.usecases.pressure import Pressure
from service.usecases.redact import RedactConversation, language_of, withheld
from service.usecases.request_seal import RequestSeal
from service.usecases.requests import EvaluationRequest
from service.usecases.together import Together
from service.usecases.vault import Vault

_ANY = ""
"""What several tenants send at the same moment is committed together."""

# More would only make the first wait for the last.
MOST_TOGETHER = 32
# SQLite has one writer; elsewhere a second one would make groups smaller and wait for the first one's GIL.
WRITERS = 1


class _Work(NamedTuple):
    tenant: str
    draft: Draft


async def any_callback(_url: str) -> None:
    """Let any callback URL pass."""


class SubmitEvaluation:
    """Takes a request to the point where it can no longer be lost."""

    def __init__(
        self,
        database: Database,
        accept: Acceptance,
        redact: RedactConversation,
        vault: Vault,
        graders: frozenset[GraderName],
        default_grader: GraderName,
        pressure: Pressure | None = None,
        seal: RequestSeal | None = None,
        check_callback: Callable[[str], Awaitable[None]] = any_callback,
    ) -> None:
        """Make one. With a `seal` redaction is left to a worker. `check_callback` raises InvalidInput for a
        callback URL that must not be called.
        """
        self._database = database
        self._accept = accept
        self._redact = redact
        self._vault = vault
        self._graders = graders
        self._default_grader = default_grader
        self._pressure = pressure
        self._seal = seal
        self._check_callback = check_callback
        self._under_way: defaultdict[tuple[str, str], list[asyncio.Lock]] = defaultdict(list)
        self._together = Together[_Work, Taken](self._write, MOST_TOGETHER, WRITERS)

    @property
    def redacts(self) -> bool:
        """Whether redaction comes before a request is accepted."""
        return self._seal is None

    async def __call__(
        self, tenant: str, request: EvaluationRequest, idempotency: Idempotency | None = None
    ) -> Evaluation:
        """Return the accepted evaluation, or the earlier one that has the same idempotency key and body.

        Raises Conflict when the key came with another body before; InvalidInput and NotFound when the
        request cannot be graded; TooBusy; DatabaseAway.
        """
        async with self._one_at_a_time(tenant, idempotency):
            if idempotency is not None and self.redacts:
                earlier = await asyncio.to_thread(self._earlier, tenant, idempotency)
                if earlier is not None:
                    return earlier
            try:
                await self._check_pressure()
            except TooBusy:
                earlier = await asyncio.to_thread(self._earlier, tenant, idempotency)
                if earlier is None:
                    raise
                return earlier
            draft = await self.prepare(tenant, request, idempotency)
            # It is committed together with others, in none of whose traces it belongs.
            draft = draft._replace(traceparent=tracing.traceparent())
            with stage("commit", evaluation=draft.id):
                taken = await self._together(_Work(tenant, draft))
        if taken.is_new:
            self._accept.tell()
        return taken.evaluation

    async def prepare(
        self,
        tenant: str,
        request: EvaluationRequest,
        idempotency: Idempotency | None = None,
        batch: BatchLine | None = None,
    ) -> Draft:
        """Return the request ready to be committed: redacted, or sealed.

        Raises InvalidInput when it cannot be graded, Unavailable.
        """
        grader = self._chosen_grader(request)
        if request.callback_url is not None:
            await self._check_callback(request.callback_url)
        draft_id = uuid.uuid4().hex
        if self._seal is not None:
            return await self._sealed(self._seal, draft_id, tenant, request, grader, idempotency, batch)
        found = await self._redact(request.full_conversation, tenant, originals=self._vault.is_on)
        return Draft(
            draft_id,
            request,
            grader,
            found.conversation,
            found.summary,
            idempotency,
            found.originals,
            batch=batch,
        )

    async def _sealed(
        self,
        seal: RequestSeal,
        draft_id: str,
        tenant: str,
        request: EvaluationRequest,
        grader: GraderName,
        idempotency: Idempotency | None,
        batch: BatchLine | None,
    ) -> Draft:
        conversation = request.full_conversation
        if conversation.language is None:
            language = await asyncio.to_thread(language_of, conversation)
            conversation = conversation.model_copy(update={"language": language})
        return Draft(
            draft_id,
            request,
            grader,
            withheld(conversation),
            self._redact.pending(tenant),
            idempotency,
            sealed=seal.seal(draft_id, conversation),
            batch=batch,
        )

    def _chosen_grader(self, request: EvaluationRequest) -> GraderName:
        grader = request.grader or self._default_grader
        self.check_grader(grader)
        return grader

    def check_grader(self, grader: str) -> None:
        """Raise GraderNotConfigured for a grader that this service does not have."""
        if grader not in self._graders and grader != "learned":
            raise GraderNotConfigured(
                f"the grader {grader!r} needs a model; set OPENAI_API_KEY or OPENAI_BASE_URL on the service"
            )

    async def _check_pressure(self) -> None:
        if self._pressure is not None:
            await self._pressure.check(redacts=self.redacts)

    @asynccontextmanager
    async def _one_at_a_time(self, tenant: str, idempotency: Idempotency | None) -> AsyncIterator[None]:
        """Let requests of one key wait for each other, so that only the first of them is redacted."""
        if idempotency is None or not self.redacts:
            yield
            return
        name = tenant, idempotency.key
        under_way = self._under_way[name]
        lock = under_way[0] if under_way else asyncio.Lock()
        under_way.append(lock)
        try:
            async with lock:
                yield
        finally:
            under_way.pop()
            if not under_way:
                self._under_way.pop(name, None)

    def _earlier(self, tenant: str, idempotency: Idempotency | None) -> Evaluation | None:
        if idempotency is None:
            return None
        with self._database.begin(tenant) as tx:
            return same_request(tx, idempotency)

    def _write(self, work: Sequence[_Work]) -> list[Outcome]:
        outcomes: dict[str, Outcome] = {}
        with self._database.begin(_ANY) as tx:
            for tenant in sorted({one.tenant for one in work}):
                theirs = [one.draft for one in work if one.tenant == tenant]
                found = self._accept(tx.on_behalf_of(tenant), theirs)
                outcomes |= dict(zip((draft.id for draft in theirs), found, strict=True))
        accepted = sum(isinstance(one, Taken) and one.is_new for one in outcomes.values())
        if self._pressure is not None:
            self._pressure.took(accepted)
        return [outcomes[one.draft.id] for one in work]
