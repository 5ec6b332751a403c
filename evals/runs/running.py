"""Grades the conversations of a set, side by side, each as often as was asked."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from evals.datasets.entry import Entry
from evals.runs.journal import Journal
from evals.runs.occasion import Occasion, begin
from evals.runs.requests import RequestLimit
from service.cli.budget import Budget
from service.cli.parallel import in_order
from service.domain.errors import InvalidInput
from service.domain.evaluation import Evaluation, Usage
from service.domain.grade import GraderName
from service.domain.label import Label
from service.domain.run import RunConversation
from service.domain.scorecard import ScorecardRevision
from service.grading.recording import BrokenRecording, NotRecorded, RecordingAway
from service.usecases.grade import GradeConversation

_FATAL = {error.type: error for error in (RecordingAway, BrokenRecording)}


@dataclass(frozen=True, slots=True)
class HowToRun:
    """What is asked of each conversation. In a replay nothing takes time: all times are `frozen_at` then."""

    card: ScorecardRevision
    grader: GraderName
    repeats: int = 1
    at_once: int = 16
    frozen_at: datetime | None = None


@dataclass
class Running:
    """One run on its way. `missing` are ids of conversations whose answers are not in the recording."""

    grade: GradeConversation
    how: HowToRun
    requests: RequestLimit
    budget: Budget | None = None
    journal: Journal | None = None
    missing: list[str] = field(default_factory=list)
    resumed: int = 0

    async def conversations(self, entries: Iterable[Entry]) -> AsyncIterator[RunConversation]:
        """Yield what became of each entry, in order.

        Raises RunNotKept and RecordingAway when the disk is full, BrokenRecording for a recording that cannot
        be read.
        """
        async for _, done in in_order(self._one, entries, self.how.at_once):
            yield done

    async def _one(self, entry: Entry) -> RunConversation:
        known = self.journal.done.get(entry.id) if self.journal else None
        if known is not None:
            self.resumed += 1
            return known
        done = await self._graded(entry)
        if self.journal and is_finished(done) and entry.id not in self.missing:
            self.journal.add(done)
        return done

    async def _graded(self, entry: Entry) -> RunConversation:
        if entry.labelled is None:
            problem = "; ".join(entry.problems)
            return RunConversation(id=entry.id, input_sha256=entry.sha256, problem=problem)
        base = RunConversation(
            id=entry.id,
            input_sha256=entry.sha256,
            labels=_without_words(entry.labelled.labels),
            floors=entry.labelled.floors,
        )
        async with self._room(entry.id) as may_start:
            if not may_start:
                return base
            try:
                evaluations = [await self._repeat(entry, number) for number in range(self.how.repeats)]
            except InvalidInput as error:
                return base.model_copy(update={"problem": error.detail})
        return base.model_copy(update={"evaluations": tuple(evaluations)})

    @asynccontextmanager
    async def _room(self, name: str) -> AsyncIterator[bool]:
        """Whether one more conversation may start, within all limits."""
        async with self.requests.conversation(name) as may_start:
            if self.budget is None or not may_start:
                yield may_start
            else:
                async with self.budget.conversation() as is_paid_for:
                    yield is_paid_for

    async def _repeat(self, entry: Entry, number: int) -> Evaluation:
        if entry.labelled is None:
            raise ValueError("an entry without a conversation cannot be graded")
        begin(Occasion(entry.id, number))
        conversation = entry.labelled.conversation
        evaluation = await self.grade(conversation, [self.how.card], entry.id, self.how.grader)
        if evaluation.error is not None:
            self._look_at(evaluation, entry.id)
        return evaluation if self.how.frozen_at is None else _frozen(evaluation, self.how.frozen_at)

    def _look_at(self, evaluation: Evaluation, name: str) -> None:
        """Raise what no other conversation can get around, and note what is not in the recording."""
        error = evaluation.error
        if error is None:
            return
        if error.type in _FATAL:
            raise _FATAL[error.type](error.detail)
        if error.type == NotRecorded.type and name not in self.missing:
            self.missing.append(name)


def is_finished(one: RunConversation) -> bool:
    """Whether trying again would change nothing: it was graded in every repeat, or cannot be."""
    if one.problem is not None:
        return True
    return bool(one.evaluations) and all(e.status == "completed" for e in one.evaluations)


def _without_words(labels: Sequence[Label]) -> tuple[Label, ...]:
    """Leave rationales in the set: they are not redacted, and nothing compares them."""
    return tuple(label.model_copy(update={"rationale": None}) for label in labels)


def _frozen(evaluation: Evaluation, at: datetime) -> Evaluation:
    """Return an evaluation without anything that depends on the moment or the machine."""
    usage = evaluation.usage and evaluation.usage.model_copy(update={"latency_ms": Usage().latency_ms})
    return evaluation.model_copy(update={"created_at": at, "completed_at": at, "usage": usage})
