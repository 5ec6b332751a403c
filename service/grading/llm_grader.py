"""Grades with a language model: one request for the whole card, at most one more to repair what is not
proved.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from service.domain.errors import ModelAway, ModelRejected, PromptTooLong
from service.domain.evaluation import Assessment, Provenance, Usage
from service.domain.grade import Coaching, Grade, GraderName, Outcome, Ungraded, UngradedReason
from service.domain.scorecard import Dimension, Scorecard
from service.domain.transcript import RedactedConversation
from service.grading.answer import Answer, read_answer
from service.grading.coaching import verified_points
from service.grading.evidence import EvidenceCheck
from service.grading.port import ChatAnswer, ChatModel, ChatRequest
from service.grading.problem import Problem
from service.grading.prompt import Prompts, RenderedPrompt
from service.grading.schema import answer_schema
from service.grading.tokens import PER_MESSAGE, TokenCounter
from service.grading.verdict import judge


class LlmGrader:
    """Grades every dimension with evidence that was checked against the transcript.

    `max_prompt_tokens` bounds every request; a conversation that does not fit is ungraded as too long.
    `tokens` counts them; without it a safe upper bound does (see TokenCounter.load for the real count).
    """

    name: GraderName = "llm"

    def __init__(
        self,
        model: ChatModel,
        *,
        max_prompt_tokens: int = 120_000,
        tokens: TokenCounter | None = None,
        prompts: Prompts | None = None,
    ) -> None:
        self._model = model
        self._max_prompt_tokens = max_prompt_tokens
        self._tokens = tokens or TokenCounter()
        self._prompts = prompts or Prompts()

    async def grade(self, conversation: RedactedConversation, card: Scorecard) -> Assessment:
        """Return one grade for each dimension of `card`, in its order; `redactor` is left to the caller.

        Raises ModelAway and ModelRejected when the first request gets no answer. When the second one does
        not, what was proved already stays, and only what was open is ungraded.
        """
        work = _Work(conversation, card, EvidenceCheck(conversation))
        prompt = self._prompts.grade(conversation, card)
        await self._ask(work, prompt, list(card.dimensions))
        if work.repairable:
            try:
                await self._ask(work, self._prompts.repair(prompt, work.problems), work.open_dimensions)
            except (ModelAway, ModelRejected):
                work.repairable = False
        return self._assessment(work)

    async def _ask(self, work: "_Work", prompt: RenderedPrompt, asked: list[Dimension]) -> None:
        """Ask for the dimensions `asked` and note what came back."""
        schema = answer_schema(asked, coaching=not work.coaching_read)
        request = ChatRequest(prompt.system, prompt.user, schema)
        if self._tokens.exceeds(_texts(request), self._max_prompt_tokens):
            work.give_up(asked, UngradedReason.TOO_LONG)
            return
        started = time.monotonic()
        try:
            answer = await self._model.complete(request)
        except PromptTooLong:
            work.give_up(asked, UngradedReason.TOO_LONG)
            return
        work.usage.append(self._usage(request, answer, time.monotonic() - started))
        work.take(answer, asked)

    def _usage(self, request: ChatRequest, answer: ChatAnswer, seconds: float) -> Usage:
        sent, received = answer.prompt_tokens, answer.completion_tokens
        if sent is None:
            texts = _texts(request)
            sent = sum(map(self._tokens.count, texts)) + PER_MESSAGE * len(texts)
        return Usage(
            requests=1,
            prompt_tokens=sent,
            completion_tokens=self._tokens.count(answer.text) if received is None else received,
            cached_tokens=answer.cached_tokens,
            latency_ms=round(1000 * seconds),
            estimated=answer.prompt_tokens is None or answer.completion_tokens is None,
        )

    def _assessment(self, work: "_Work") -> Assessment:
        provenance = Provenance(
            grader=self.name,
            redactor="",
            prompt=self._prompts.reference,
            model=work.model or self._model.name,
            sent_sha256=work.sent_sha256,
        )
        return Assessment(
            grades=tuple(work.grade(dimension, self.name) for dimension in work.card.dimensions),
            coaching=work.coaching,
            usage=_sum(work.usage),
            provenance=provenance,
        )


@dataclass
class _Work:
    """What is known while one conversation is graded."""

    conversation: RedactedConversation
    card: Scorecard
    check: EvidenceCheck
    results: dict[str, Outcome | Problem] = field(default_factory=dict)
    coaching: Coaching = field(default_factory=Coaching)
    coaching_read: bool = False
    usage: list[Usage] = field(default_factory=list)
    model: str = ""
    sent_sha256: str | None = None
    repairable: bool = False

    @property
    def problems(self) -> list[Problem]:
        """What is still open."""
        return [result for result in self.results.values() if isinstance(result, Problem)]

    @property
    def open_dimensions(self) -> list[Dimension]:
        """The dimensions that are still open, in card order."""
        return [d for d in self.card.dimensions if isinstance(self.results.get(d.id), Problem)]

    def give_up(self, asked: list[Dimension], reason: UngradedReason) -> None:
        """Note that the dimensions `asked` cannot be asked; those a repair was for keep their own reason."""
        for dimension in asked:
            self.results.setdefault(dimension.id, Problem(dimension.id, reason))
        self.repairable = False

    def take(self, answer: ChatAnswer, asked: list[Dimension]) -> None:
        """Note what the model answered on the dimensions `asked`."""
        self.model = self.model or answer.model
        self.sent_sha256 = self.sent_sha256 or answer.payload_sha256 or None
        content = self._read(answer, asked)
        for dimension in asked:
            self.results[dimension.id] = judge(content.dimensions[dimension.id], dimension, self.check)
        if content.readable and not self.coaching_read:
            self.coaching = verified_points(content, self.card, self.check)
            self.coaching_read = True
        self.repairable = answer.refusal is None and bool(self.problems)

    def _read(self, answer: ChatAnswer, asked: list[Dimension]) -> Answer:
        if answer.refusal is not None:
            return _all(asked, UngradedReason.REFUSED)
        content = read_answer(answer.text, asked)
        if not content.readable and answer.finish_reason == "length":
            return _all(asked, UngradedReason.TRUNCATED)
        return content

    def grade(self, dimension: Dimension, grader: GraderName) -> Grade:
        """Return the grade of one dimension; what is still open is ungraded."""
        result = self.results[dimension.id]
        outcome = Ungraded(reason=result.reason) if isinstance(result, Problem) else result
        return Grade.of(dimension, self.card.section_of[dimension.id], outcome, grader)


def _all(asked: Iterable[Dimension], reason: UngradedReason) -> Answer:
    return Answer({dimension.id: reason for dimension in asked}, readable=False)


def _texts(request: ChatRequest) -> tuple[str, str, str]:
    return request.system, request.user, json.dumps(request.schema, ensure_ascii=False)


def _sum(usages: list[Usage]) -> Usage:
    return Usage(
        requests=sum(usage.requests for usage in usages),
        prompt_tokens=sum(usage.prompt_tokens for usage in usages),
        completion_tokens=sum(usage.completion_tokens for usage in usages),
        cached_tokens=sum(usage.cached_tokens for usage in usages),
        latency_ms=sum(usage.latency_ms for usage in usages),
        estimated=any(usage.estimated for usage in usages),
    )
