"""A model is paid once: what it answered outlives a process that is killed before the result is stored."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

import structlog

from service.domain.errors import DatabaseAway
from service.grading.port import ChatAnswer, ChatModel, ChatRequest
from service.grading.recording import answer_as_json, answer_from_json, request_digest
from service.storage.database import Database
from service.usecases.seal import Seal

log = structlog.get_logger(__name__)

_ANY = ""
"""Workers act for every tenant."""


class _Job:
    """The evaluation that is being graded, and what was answered for it before (None: not looked up yet)."""

    def __init__(self, evaluation_id: str, *, is_new: bool) -> None:
        self.evaluation_id = evaluation_id
        self.answers: dict[str, str] | None = {} if is_new else None


_JOB: ContextVar[_Job | None] = ContextVar("job", default=None)


@contextmanager
def grading_of(evaluation_id: str, attempts: int) -> Iterator[None]:
    """Keep what a model answers inside for this evaluation; a later attempt asks only for the rest."""
    before = _JOB.set(_Job(evaluation_id, is_new=attempts <= 1))
    try:
        yield
    finally:
        _JOB.reset(before)


class PaidAnswers:
    """A model whose answers are kept, in the database, until the evaluation they were asked for is final.

    Only in `grading_of`: whoever grades without a database has nothing to lose but one answer.
    """

    def __init__(self, model: ChatModel, database: Callable[[], Database], seal: Seal | None) -> None:
        """Make one that keeps answers sealed where there is a `seal`."""
        self._model = model
        self._database = database
        self._seal = seal

    @property
    def name(self) -> str:
        """The model as it was configured."""
        return self._model.name

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return what was answered before, else what the model answers now. Raises what it raises."""
        job = _JOB.get()
        if job is None:
            return await self._model.complete(request)
        digest = request_digest(request, self.name)
        if job.answers is None:
            job.answers = await asyncio.to_thread(self._kept, job.evaluation_id)
        earlier = self._opened(job.evaluation_id, job.answers.get(digest))
        if earlier is not None:
            return earlier
        answer = await self._model.complete(request)
        await asyncio.to_thread(self._keep, job.evaluation_id, digest, answer)
        return answer

    def _kept(self, evaluation_id: str) -> dict[str, str]:
        with self._database().begin(_ANY) as tx:
            return tx.model_answers.of(evaluation_id)

    def _keep(self, evaluation_id: str, digest: str, answer: ChatAnswer) -> None:
        text = answer_as_json(answer)
        if self._seal is not None:
            text = self._seal.seal_text(evaluation_id, text)
        try:
            with self._database().begin(_ANY, forgetful=True) as tx:
                tx.model_answers.keep(evaluation_id, digest, text, datetime.now(UTC))
        except DatabaseAway:
            # The answer is at hand: it is lost only if this process ends before the result is stored.
            log.warning("an answer could not be kept", evaluation=evaluation_id)

    def _opened(self, evaluation_id: str, text: str | None) -> ChatAnswer | None:
        """Return a kept answer; one that cannot be read, such as under a lost key, is asked for again."""
        if text is not None and self._seal is not None:
            text = self._seal.open_text(evaluation_id, text)
        return None if text is None else answer_from_json(text)
