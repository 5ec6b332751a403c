"""What is known of one request's answers while a conversation is graded: proved, open, or given up."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from service.domain.facts import FactName
from service.domain.grade import Coaching, Outcome, UngradedReason
from service.domain.scorecard import Dimension, Scorecard
from service.grading.answer import Answer, read_answer
from service.grading.coaching import verified_points
from service.grading.defences import Defences
from service.grading.evidence import EvidenceCheck
from service.grading.facts import FACT_NAMES, FactsWork
from service.grading.plan import Ask
from service.grading.port import ChatAnswer
from service.grading.problem import Problem, RejectedQuote
from service.grading.verdict import judge


@dataclass
class Ballot:
    """The answers to one Ask, after its first request and after its repair.

    `sources` holds the answer that each dimension's result comes from.
    """

    ask: Ask
    card: Scorecard
    check: EvidenceCheck
    defences: Defences
    results: dict[str, Outcome | Problem] = field(default_factory=dict)
    sources: dict[str, ChatAnswer] = field(default_factory=dict)
    coaching: Coaching = field(default_factory=Coaching)
    coaching_read: bool = False
    coaching_rejected: list[RejectedQuote] = field(default_factory=list)
    facts: FactsWork = field(default_factory=FactsWork)
    refused: bool = False
    repaired: frozenset[str] = frozenset()

    @property
    def problems(self) -> list[Problem]:
        """What is still open."""
        return [result for result in self.results.values() if isinstance(result, Problem)]

    @property
    def open_dimensions(self) -> list[Dimension]:
        """The dimensions that are still open, in the order in which they were asked."""
        return [d for d in self.ask.dimensions if isinstance(self.results.get(d.id), Problem)]

    @property
    def open_facts(self) -> tuple[FactName, ...]:
        """The facts to ask in the next request: all of them until some were answered."""
        if not self.ask.facts:
            return ()
        if self.results and self.coaching_read:
            return tuple(problem.name for problem in self.facts.problems)
        return FACT_NAMES

    @property
    def wants_coaching(self) -> bool:
        """Whether the next request asks for coaching."""
        return self.ask.coaching and (not self.coaching_read or bool(self.coaching_rejected))

    @property
    def repairable(self) -> bool:
        """Whether a second request is worth it: for grades and facts, not for coaching alone."""
        return not self.refused and bool(self.problems or self.facts.problems)

    def take(self, answer: ChatAnswer, asked: Iterable[Dimension]) -> None:
        """Note what the model answered on the dimensions `asked`, on facts and coaching."""
        asked, facts = list(asked), self.open_facts
        content = self._read(answer, asked)
        for dimension in asked:
            result = judge(content.dimensions[dimension.id], dimension, self.check)
            self.results[dimension.id] = _last_word(self.results.get(dimension.id), result)
            self.sources[dimension.id] = answer
        if content.readable:
            self.facts.take(content.facts, facts, self.check)
            self._take_coaching(content)

    def give_up(self, reason: UngradedReason) -> None:
        """Note that nothing of this could be asked."""
        for dimension in self.ask.dimensions:
            self.results.setdefault(dimension.id, Problem(dimension.id, reason))
        self.refused = True

    def _take_coaching(self, content: Answer) -> None:
        if not self.wants_coaching:
            return
        more, rejected = verified_points(content, self.card, self.check)
        self.coaching = Coaching(
            strengths=(*self.coaching.strengths, *more.strengths),
            improvements=(*self.coaching.improvements, *more.improvements),
            unproved=more.unproved,
        )
        self.coaching_read, self.coaching_rejected = True, rejected

    def _read(self, answer: ChatAnswer, asked: list[Dimension]) -> Answer:
        if answer.refusal is not None:
            self.refused = True
            return _all(asked, UngradedReason.REFUSED)
        content = read_answer(answer.text, asked, self.defences)
        if not content.readable and answer.finish_reason == "length":
            return _all(asked, UngradedReason.TRUNCATED)
        return content


def _last_word(before: Outcome | Problem | None, now: Outcome | Problem) -> Outcome | Problem:
    """Return what is known after a repair. A quote that failed stays the reason, unless the second answer
    had quotes of its own: "no answer" would hide what was wrong.
    """
    if isinstance(before, Problem) and before.quotes and isinstance(now, Problem) and not now.quotes:
        return before
    return now


def _all(asked: Iterable[Dimension], reason: UngradedReason) -> Answer:
    return Answer({dimension.id: reason for dimension in asked}, readable=False)
