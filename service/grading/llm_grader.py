"""Grades with a language model: one request for the whole card, at most one more to repair what is not
proved. More only where the card asks for groups or votes, or the conversation is longer than the model takes.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from service.domain.errors import ModelAway, ModelRejected, PromptTooLong
from service.domain.evaluation import Assessment, Provenance, Usage
from service.domain.grade import (
    Coaching,
    ConfidenceParts,
    Grade,
    GraderName,
    Outcome,
    Ungraded,
    UngradedReason,
)
from service.domain.scorecard import Dimension, Scorecard
from service.domain.transcript import RedactedConversation
from service.grading.asking import Account, Asker, all_of
from service.grading.ballot import Ballot
from service.grading.collecting import Collector
from service.grading.confidence import evidence_strength
from service.grading.defences import ALL_ON, Defences
from service.grading.evidence import EvidenceCheck
from service.grading.facts import FACT_NAMES
from service.grading.material import Material
from service.grading.plan import Ask, plan
from service.grading.port import ChatAnswer, ChatModel, ChatRequest
from service.grading.probability import level_probability
from service.grading.problem import Problem
from service.grading.prompt import Prompts, RenderedPrompt
from service.grading.remembered import Remembered
from service.grading.schema import answer_schema
from service.grading.tokens import TokenCounter
from service.grading.votes import elect
from service.telemetry import stage

# A server that takes less than it was said to take is asked for a little less, and then for half, and half of
# that: the first may be a difference in counting, the rest is not.
_SMALLER = (0.85, 0.85, 0.5, 0.5, 0.5, 0.5, 0.5)

_Request = tuple[RenderedPrompt, ChatRequest]
"""A request, and the prompt that a repair goes on from."""


class LlmGrader:
    """Grades every dimension with evidence that was checked against the transcript.

    `max_prompt_tokens` bounds every request; a conversation that does not fit is read in windows. `tokens`
    counts them; without it an estimate does (see TokenCounter.load for the real count).
    """

    name: GraderName = "llm"

    def __init__(
        self,
        model: ChatModel,
        *,
        max_prompt_tokens: int = 120_000,
        tokens: TokenCounter | None = None,
        prompts: Prompts | None = None,
        defences: Defences = ALL_ON,
    ) -> None:
        self._model = model
        self._max_prompt_tokens = max_prompt_tokens
        self._tokens = tokens or TokenCounter()
        self._prompts = prompts or Prompts(defences=defences)
        self._defences = defences
        self._schemas: Remembered[dict[str, Any]] = Remembered()

    async def grade(self, conversation: RedactedConversation, card: Scorecard) -> Assessment:
        """Return one grade for each dimension of `card`, in its order; `redactor` is left to the caller.

        Raises ModelAway and ModelRejected when a request that others rest on gets no answer. When a repair
        does not, what was proved already stays, and only what was open is ungraded.
        """
        started = time.monotonic()
        account = Account()
        work = _Work(conversation, card, EvidenceCheck(conversation, believing=not self._defences.evidence))
        material, ballots = await self._within_limit(work, account)
        usage = account.usage(material.windows, time.monotonic() - started)
        return self._assessment(card, ballots, account, usage)

    async def _within_limit(self, work: "_Work", account: Account) -> tuple[Material, list[Ballot]]:
        """Return what was shown and answered, within what the server turns out to take."""
        limit = self._max_prompt_tokens
        for share in _SMALLER:
            asker = Asker(self._model, self._tokens, limit, account)
            try:
                done = await self._ballots(work, asker)
            except PromptTooLong:
                limit = int(share * min(limit, asker.largest))
            else:
                if any(ballot.sources for ballot in done[1]):
                    # Other conversations need not find out again. Without an answer nothing was found out.
                    self._max_prompt_tokens = min(self._max_prompt_tokens, limit)
                return done
        return self._none(work, UngradedReason.TOO_LONG, 1)

    async def _ballots(self, work: "_Work", asker: Asker) -> tuple[Material, list[Ballot]]:
        asks = plan(work.card)
        requests: dict[Material, list[_Request]] = {}

        def fits(material: Material, share: float) -> bool:
            requests[material] = [self._request(work, ask, material) for ask in asks]
            return all(asker.fits(request, share) for _, request in requests[material])

        collector = Collector(asker, self._prompts, work.conversation, work.card, work.check)
        material = await collector.material(fits)
        if isinstance(material, UngradedReason):
            return self._none(work, material, collector.windows)
        # An error ends them all: a part of a card, or fewer votes, would pass for what was asked.
        ballots = await all_of(
            self._ballot(self._empty(work, ask), asker, request)
            for ask, request in zip(asks, requests[material], strict=True)
        )
        return material, ballots

    def _none(self, work: "_Work", reason: UngradedReason, windows: int) -> tuple[Material, list[Ballot]]:
        ballot = self._empty(work, Ask(tuple(work.card.dimensions)))
        ballot.give_up(reason)
        return Material((), windows=windows), [ballot]

    def _empty(self, work: "_Work", ask: Ask) -> Ballot:
        return Ballot(ask, work.card, work.check, self._defences)

    async def _ballot(self, ballot: Ballot, asker: Asker, request: _Request) -> Ballot:
        """Return `ballot` with the answers to its ask, repaired where that helps."""
        prompt, asked = request
        _verify(ballot, await asker.ask(asked), ballot.ask.dimensions)
        if ballot.repairable:
            await self._repair(ballot, asker, prompt)
        return ballot

    async def _repair(self, ballot: Ballot, asker: Asker, first: RenderedPrompt) -> None:
        """Ask again for what is open; without an answer everything stays as it is."""
        coaching, facts = ballot.wants_coaching, ballot.open_facts
        again = self._prompts.repair(
            first,
            ballot.problems,
            ballot.facts.problems,
            ballot.coaching_rejected if coaching else (),
            everything=not ballot.coaching_read,
        )
        asked = ballot.open_dimensions
        schema = answer_schema(asked, coaching=coaching, facts=facts)
        try:
            answer = await asker.ask(again.asking(schema, ballot.ask.seed, ballot.ask.temperature))
        except (ModelAway, ModelRejected):
            return
        ballot.repaired = frozenset(dimension.id for dimension in asked)
        _verify(ballot, answer, asked)

    def _request(self, work: "_Work", ask: Ask, material: Material) -> _Request:
        with stage("prompt"):
            prompt = self._prompts.grade(
                work.conversation, work.card, ask.dimensions, material, facts=ask.facts
            )
        facts = FACT_NAMES if ask.facts else ()
        make = partial(answer_schema, ask.dimensions, coaching=ask.coaching, facts=facts)
        schema = self._schemas(ask.dimensions, make, ask.coaching, ask.facts)
        return prompt, prompt.asking(schema, ask.seed, ask.temperature)

    def _assessment(
        self, card: Scorecard, ballots: Sequence[Ballot], account: Account, usage: Usage
    ) -> Assessment:
        provenance = Provenance(
            grader=self.name,
            redactor="",
            prompt=self._prompts.reference,
            model=next((answer.model for answer in account.answers), None),
            seed=next((answer.seed for answer in account.answers), None),
            sent_sha256=account.digests[0] if account.digests else None,
            requests_sha256=tuple(account.digests),
        )
        coached = [ballot.coaching for ballot in ballots if ballot.ask.coaching]
        return Assessment(
            grades=tuple(self._grade(card, dimension, ballots) for dimension in card.dimensions),
            coaching=Coaching(
                strengths=tuple(point for coaching in coached for point in coaching.strengths),
                improvements=tuple(point for coaching in coached for point in coaching.improvements),
                unproved=sum(coaching.unproved for coaching in coached),
            ),
            facts=next((b.facts.result for b in ballots if b.ask.facts), None),
            usage=usage,
            provenance=provenance,
        )

    def _grade(self, card: Scorecard, dimension: Dimension, ballots: Sequence[Ballot]) -> Grade:
        """Return what most votes say; what is still open is ungraded."""
        votes = [ballot for ballot in ballots if dimension.id in ballot.results]
        outcome, share = elect(dimension, [ballot.results[dimension.id] for ballot in votes])
        if isinstance(outcome, Problem):
            return Grade.of(
                dimension, card.section_of[dimension.id], Ungraded(reason=outcome.reason), self.name
            )
        grade = Grade.of(dimension, card.section_of[dimension.id], outcome, self.name)
        source = next(ballot for ballot in votes if ballot.results[dimension.id] is outcome)
        parts = _parts(dimension, outcome, source, share if card.votes > 1 else None)
        return grade.model_copy(update={"confidence_parts": parts})


@dataclass(frozen=True, slots=True)
class _Work:
    """One conversation, the card, and the check of what is quoted."""

    conversation: RedactedConversation
    card: Scorecard
    check: EvidenceCheck


def _verify(ballot: Ballot, answer: ChatAnswer, asked: Sequence[Dimension]) -> None:
    with stage("verify"):
        ballot.take(answer, asked)


def _parts(dimension: Dimension, outcome: Outcome, source: Ballot, votes: float | None) -> ConfidenceParts:
    return ConfidenceParts(
        level_probability=level_probability(source.sources[dimension.id], dimension.id, dimension.scale),
        votes=votes,
        evidence=evidence_strength(outcome, repaired=dimension.id in source.repaired),
    )
