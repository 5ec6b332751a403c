"""Grades one conversation as it is, again unchanged, and with every swap, through the whole pipeline."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import NamedTuple, TypeVar

from evals.fairness.comparing import Pair, Trial, Tried, pairs_of
from evals.fairness.rewriting import Variant
from evals.fairness.subject import Subject, subject_of
from evals.fairness.swaps import swaps_of, varied
from redaction import Policy
from service.domain.errors import QalibrateError
from service.domain.evaluation import Evaluation
from service.domain.grade import GraderName
from service.domain.scorecard import ScorecardRevision
from service.domain.transcript import Conversation, RedactedConversation
from service.factory import Factory
from service.usecases.policies import Policies
from service.usecases.redact import RedactConversation

T = TypeVar("T")


class Options(NamedTuple):
    """What is tried: which swaps (by name), which grader, how many repeats, and what is drawn."""

    swaps: frozenset[str]
    cards: Sequence[ScorecardRevision]
    grader: GraderName | None = None
    repeats: int = 1
    seed: int = 0


class Fairness:
    """Tries one conversation after another; of all of them at most `at_once` are graded at a time."""

    def __init__(self, factory: Factory, options: Options, at_once: int) -> None:
        self._factory = factory
        self._options = options
        self._slots = asyncio.Semaphore(at_once)
        # Names are looked for under the built-in policy: one that keeps them is what one wants to try.
        self._find = RedactConversation(factory.pool, Policies(Policy()), factory.plugin)

    async def __call__(self, conversation: Conversation, name: str) -> Tried:
        """Return what became of the conversation's grades. Raises InvalidInput when it cannot be graded."""
        base = await self._grade(conversation, self._options.cards, name)
        if base.status != "completed":
            return Tried(id=name, failed=_reason(base))
        shown = await self._slot(self._factory.redact(conversation))
        found = shown if self._factory.policy == Policy() else await self._slot(self._find(conversation))
        subject = subject_of(conversation, found)
        run = _Run(base, shown.conversation, self._card(base))
        repeats, trials = await asyncio.gather(
            asyncio.gather(*(self._again(conversation, run) for _ in range(self._options.repeats))),
            asyncio.gather(*(self._try(subject, swap, run) for swap in self._swaps(subject))),
        )
        return Tried(
            id=name,
            trials=tuple(trials),
            repeats=tuple(pairs for pairs in repeats if pairs is not None),
            failed_repeats=sum(pairs is None for pairs in repeats),
            requests=run.requests,
            cost_usd=run.cost_usd,
        )

    def _swaps(self, subject: Subject) -> list[str]:
        return [name for name in swaps_of(subject.language) if name in self._options.swaps]

    async def _again(self, conversation: Conversation, run: "_Run") -> tuple[Pair, ...] | None:
        after = await self._grade(conversation, [run.card], run.base.id)
        run.count(after)
        return tuple(pairs_of(run.base, after)) if after.status == "completed" else None

    async def _try(self, subject: Subject, swap: str, run: "_Run") -> Trial:
        variant = varied(subject, swap, self._options.seed)
        if not variant.changes:
            return Trial(swap=swap, state="unchanged")
        try:
            return await self._compared(swap, variant, run)
        except QalibrateError as error:
            return Trial(swap=swap, state="failed", changes=variant.changes, failed=error.detail)

    async def _compared(self, swap: str, variant: Variant, run: "_Run") -> Trial:
        redacted = await self._slot(self._factory.redact(variant.conversation))
        if _read_the_same(redacted.conversation, run.redacted):
            return Trial(swap=swap, state="identical", changes=variant.changes)
        after = await self._grade(variant.conversation, [run.card], run.base.id)
        run.count(after)
        if after.status != "completed":
            return Trial(swap=swap, state="failed", changes=variant.changes, failed=_reason(after))
        pairs = tuple(pairs_of(run.base, after))
        left = _names_left(variant, redacted.conversation) if swap.startswith("names-") else 0
        return Trial(swap=swap, state="compared", changes=variant.changes, pairs=pairs, left=left)

    async def _grade(
        self, conversation: Conversation, cards: Sequence[ScorecardRevision], name: str
    ) -> Evaluation:
        return await self._slot(self._factory.grade(conversation, cards, name, self._options.grader))

    async def _slot(self, work: Awaitable[T]) -> T:
        async with self._slots:
            return await work

    def _card(self, base: Evaluation) -> ScorecardRevision:
        """Return the scorecard that was chosen: a variant must not be graded on another one."""
        wanted = (base.scorecard.name, base.scorecard.revision)
        return next(card for card in self._options.cards if (card.name, card.revision) == wanted)


class _Run:
    """What is known of a conversation once it is graded as it is, and what all of it has cost so far."""

    def __init__(self, base: Evaluation, redacted: RedactedConversation, card: ScorecardRevision) -> None:
        self.base = base
        self.redacted = redacted
        self.card = card
        self.requests = 0
        self.cost_usd: float | None = None
        self.count(base)

    def count(self, evaluation: Evaluation) -> None:
        """Add what one evaluation has cost."""
        if evaluation.usage is not None:
            self.requests += evaluation.usage.requests
            if evaluation.usage.cost_usd is not None:
                self.cost_usd = (self.cost_usd or 0.0) + evaluation.usage.cost_usd


def _read_the_same(one: RedactedConversation, other: RedactedConversation) -> bool:
    """Whether a grader gets the same words to read: turns and reference texts."""
    said = [[(turn.speaker, turn.text) for turn in each.turns] for each in (one, other)]
    return said[0] == said[1] and one.context == other.context


def _names_left(variant: Variant, redacted: RedactedConversation) -> int:
    placed = [(change.turn, change.after) for change in variant.changes if change.turn is not None]
    return sum(name in redacted.turns[turn].text for turn, name in placed)


def _reason(evaluation: Evaluation) -> str:
    return evaluation.error.detail if evaluation.error else f"it is {evaluation.status}"
