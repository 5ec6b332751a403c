"""Sets up one run: whose answers it uses, what it is made with, and where it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from evals.datasets.entry import Entry
from evals.datasets.reading import dataset_sha256
from evals.runs.journal import Journal, JournalHeader
from evals.runs.occasion import CountedModel, ReseededModel, current_name
from evals.runs.recorded import begin_recording, open_recording, why_missing
from evals.runs.requests import RequestLimit
from evals.runs.running import HowToRun, Running
from service import __version__
from service.cli.budget import budget_for
from service.domain.errors import FieldProblem, InvalidInput
from service.domain.grade import GraderName
from service.domain.run import Run, RunConversation
from service.domain.scorecard import ScorecardRevision
from service.factory import Factory
from service.grading.plan import plan
from service.grading.port import ChatModel
from service.grading.prompt import Prompts
from service.grading.recording import RecordingHeader, RecordingModel, ReplayingModel
from service.grading.tokens import TokenCounter
from service.usecases.redact import redactor_for


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked of a run. `fresh` starts over where a run or a recording was broken off."""

    grader: GraderName | None = None
    out: Path | None = None
    record: Path | None = None
    replay: Path | None = None
    repeats: int = 1
    max_cost: float | None = None
    max_requests: int | None = None
    fresh: bool = False

    def check(self) -> None:
        """Raise InvalidInput for what does not go together."""
        if self.record and self.replay:
            raise _wrong("--replay", "asks nobody, so there is nothing to --record; leave one of them out")
        if (self.record or self.replay) and self.grader not in (None, "llm"):
            raise _wrong("--grader", f"{self.grader} asks no model: leave out --record and --replay")
        limits = {"--max-cost": self.max_cost, "--max-requests": self.max_requests}
        for name, value in limits.items():
            if self.replay and value is not None:
                raise _wrong(name, "limits what is asked of a model, and a replay asks nobody; leave it out")


@dataclass
class Session:
    """One run, ready to go."""

    factory: Factory
    card: ScorecardRevision
    entries: Sequence[Entry]
    asked: Asked
    dataset: str
    grader: GraderName = "signals"
    recording: RecordingModel | None = None
    replayed: RecordingHeader | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        """Put the model in place. Raises InvalidInput, BrokenRecording and RecordingAway."""
        self.asked.check()
        self.grader = self._grader()
        each = len(plan(self.card.scorecard)) * self.asked.repeats
        self.requests = RequestLimit(self.asked.max_requests, each)
        self.budget = budget_for(self.asked.max_cost, self.factory, self.grader)
        self.dataset_sha256 = dataset_sha256(list(self.entries))
        if self.asked.max_requests is not None and self.grader != "llm":
            raise _wrong("--max-requests", "limits what is asked of a model; this run asks none")
        if self.grader == "llm":
            self._use_model()
        self.journal = self._journal()

    def running(self) -> Running:
        """Return the run, not begun yet."""
        settings = self.factory.settings
        at_once = max(4 * settings.processes, 16)
        how = HowToRun(
            card=self.card,
            grader=self.grader,
            repeats=self.asked.repeats,
            at_once=max(at_once, settings.model_concurrency) if self.grader == "llm" else at_once,
            frozen_at=self.replayed.created_at if self.replayed else None,
        )
        return Running(self.factory.grade, how, self.requests, self.budget, self.journal)

    def finished(self, conversations: Sequence[RunConversation]) -> Run:
        """Return the run with what became of its conversations."""
        began = self.journal.header.created_at if self.journal else self.now
        return Run(
            created_at=self.replayed.created_at if self.replayed else began,
            version=__version__,
            dataset=self.dataset,
            dataset_sha256=self.dataset_sha256,
            scorecard=self.card,
            grader=self.grader,
            repeats=self.asked.repeats,
            conversations=tuple(conversations),
            left_out=sum(not one.evaluations and one.problem is None for one in conversations),
        )

    def why_missing(self) -> str:
        """Return the sentence that says why answers are missing from the recording."""
        return why_missing(self.replayed, self._header(self.replayed.model)) if self.replayed else ""

    def _grader(self) -> GraderName:
        if self.asked.replay or self.asked.record:
            grader: GraderName = "llm"
        else:
            grader = self.asked.grader or self.factory.settings.default_grader
        if grader == "llm" and not self.asked.replay and not self.factory.settings.has_model:
            raise _wrong("--grader", "'llm' needs OPENAI_API_KEY or OPENAI_BASE_URL to be set, or --replay")
        return grader

    def _use_model(self) -> None:
        if self.asked.replay:
            store, self.replayed = open_recording(self.asked.replay)
            model: ChatModel = ReplayingModel(self.replayed.model, store, asker=current_name)
        else:
            model = CountedModel(self.factory.language_model, self.requests.count)
        if self.asked.record:
            store = begin_recording(self.asked.record, self._header(model.name), fresh=self.asked.fresh)
            model = self.recording = RecordingModel(model, store, asker=current_name, anew=self.asked.fresh)
        is_kept = self.asked.record or self.asked.replay
        # Where a long conversation is cut may not depend on what one machine has to count with.
        self.factory.use_model(ReseededModel(model), TokenCounter() if is_kept else None)

    def _header(self, model: str) -> RecordingHeader:
        return RecordingHeader(
            created_at=self.now,
            model=model,
            prompt=Prompts().reference,
            scorecard=f"{self.card.name} {self.card.scorecard.content_hash}",
            redactor=redactor_for(self.factory.policy, self.factory.plugin).version,
            dataset_sha256=self.dataset_sha256,
            repeats=self.asked.repeats,
        )

    def _journal(self) -> Journal | None:
        out = self.asked.out
        if out is None:
            return None
        if out.is_dir() or not out.parent.is_dir():
            raise _wrong(
                "--out", f"{out} is a folder; name a file in it" if out.is_dir() else _no_folder(out)
            )
        if self.replayed:
            # Nothing is lost with a replay that was broken off.
            return None
        header = JournalHeader(created_at=self.now, made_with=self._made_with())
        return Journal(out.with_name(f"{out.name}.part"), header, fresh=self.asked.fresh)

    def _made_with(self) -> dict[str, str]:
        """Return all that the results depend on, by the words that a person reads when it differs."""
        asks = self.grader == "llm"
        return {
            "conversations or labels": self.dataset_sha256,
            "scorecard": self.card.scorecard.content_hash,
            "grader": self.grader,
            "repeats": str(self.asked.repeats),
            "model": self.factory.settings.model if asks else "",
            "prompt": Prompts().reference if asks else "",
            "longest prompt": str(self.factory.settings.max_prompt_tokens) if asks else "",
            "redaction": redactor_for(self.factory.policy, self.factory.plugin).version,
            "version": __version__,
        }


def _no_folder(out: Path) -> str:
    return f"there is no folder {out.parent}"


def _wrong(option: str, what: str) -> InvalidInput:
    return InvalidInput([FieldProblem(option, what)])
