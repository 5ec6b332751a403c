"""One request after another to a model, and the account of them: tokens, cost, time, digests."""

import asyncio
import time
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from service.domain.errors import PromptTooLong, QalibrateError
from service.domain.evaluation import Usage
from service.grading.port import ChatAnswer, ChatModel, ChatRequest
from service.grading.tokens import TokenCounter
from service.telemetry import stage
from service.telemetry.metrics import MODEL_REQUESTS, count_answer

T = TypeVar("T")


@dataclass
class Account:
    """What the requests of one grading cost, in the order in which they were asked."""

    answered: list[tuple[ChatAnswer, Usage] | None] = field(default_factory=list)

    def ask(self) -> int:
        """Return the number of a request that is about to be sent."""
        self.answered.append(None)
        return len(self.answered) - 1

    def note(self, number: int, answer: ChatAnswer, usage: Usage) -> None:
        """Add the answer to request `number`."""
        self.answered[number] = (answer, usage)

    @property
    def answers(self) -> list[ChatAnswer]:
        """The answers, without the requests that got none."""
        return [noted[0] for noted in self.answered if noted]

    @property
    def usages(self) -> list[Usage]:
        """What each of them cost."""
        return [noted[1] for noted in self.answered if noted]

    @property
    def digests(self) -> list[str]:
        """The digests of what was sent."""
        return [answer.payload_sha256 for answer in self.answers if answer.payload_sha256]

    def usage(self, windows: int, seconds: float) -> Usage:
        """Return the sum. `latency_ms` is the time that passed: requests run side by side."""
        costs = [usage.cost_usd for usage in self.usages]
        known = [cost for cost in costs if cost is not None]
        return Usage(
            requests=sum(usage.requests for usage in self.usages),
            prompt_tokens=sum(usage.prompt_tokens for usage in self.usages),
            completion_tokens=sum(usage.completion_tokens for usage in self.usages),
            cached_tokens=sum(usage.cached_tokens for usage in self.usages),
            cost_usd=sum(known) if costs and len(known) == len(costs) else None,
            latency_ms=round(1000 * seconds),
            windows=windows,
            estimated=any(usage.estimated for usage in self.usages),
        )


class Asker:
    """Sends the requests of one grading, none longer than `limit` tokens, and keeps their account."""

    def __init__(self, model: ChatModel, tokens: TokenCounter, limit: int, account: Account) -> None:
        self._model = model
        self._tokens = tokens
        self._limit = limit
        self._account = account
        self.largest = limit
        """The size of the request that the model last found too long, in tokens; else the limit."""

    @property
    def limit(self) -> int:
        """The most tokens that a request may have."""
        return self._limit

    def fits(self, request: ChatRequest, share: float = 1.0) -> bool:
        """Whether the request is within that share of the limit."""
        return not self._tokens.exceeds(request.texts, int(share * self._limit))

    def count(self, text: str) -> int:
        """Return the tokens of `text`, or an estimate."""
        return self._tokens.count(text)

    def size(self, request: ChatRequest) -> int:
        """Return the tokens of a request, or an estimate."""
        return self._tokens.count_request(request.texts)

    async def ask(self, request: ChatRequest) -> ChatAnswer:
        """Return the model's answer. Raises PromptTooLong, ModelAway and ModelRejected."""
        if not self.fits(request):
            raise PromptTooLong(f"the request has more than {self._limit} tokens")
        started, number = time.monotonic(), self._account.ask()
        try:
            with stage("model", model=self._model.name):
                answer = await self._model.complete(request)
        except PromptTooLong as error:
            MODEL_REQUESTS.labels(error.type).inc()
            self.largest = min(self.largest, self.size(request))
            raise
        except QalibrateError as error:
            MODEL_REQUESTS.labels(error.type).inc()
            raise
        usage = self._usage(request, answer, time.monotonic() - started)
        self._account.note(number, answer, usage)
        count_answer(usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens, usage.cost_usd)
        return answer

    def _usage(self, request: ChatRequest, answer: ChatAnswer, seconds: float) -> Usage:
        sent, received = answer.prompt_tokens, answer.completion_tokens
        return Usage(
            requests=1,
            prompt_tokens=self.size(request) if sent is None else sent,
            completion_tokens=self._tokens.count(answer.text) if received is None else received,
            cached_tokens=answer.cached_tokens,
            cost_usd=answer.cost_usd,
            latency_ms=round(1000 * seconds),
            estimated=sent is None or received is None,
        )


async def all_of(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Return the results of all of `work`, done side by side. The first error ends the rest and is raised."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
