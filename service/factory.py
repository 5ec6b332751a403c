"""Wires everything: settings → what one process holds → use cases. API, worker and command line share it.

The job engine and the model's library are imported when they are first needed: each takes half a second, and
a command that grades a file with rules needs neither.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from redaction import Plugin, PluginError, Policy
from service.domain.grade import GraderName
from service.domain.keys import DEFAULT_TENANT
from service.domain.scorecard import Scorecard
from service.domain.scorecard_file import read_scorecard
from service.grading.limits import Gate, Limits
from service.grading.llm_grader import LlmGrader
from service.grading.port import ChatModel, Grader
from service.grading.prices import InvalidPrices, Prices, Spending
from service.grading.signals.grader import SignalsGrader
from service.grading.tokens import TokenCounter
from service.settings import InvalidSettings, Settings
from service.storage.database import Database
from service.storage.reading import ReadOnlyDatabase
from service.storage.upgrade import upgrade
from service.usecases.answers import RedactAnswer
from service.usecases.assess import AssessEvaluation, Graders
from service.usecases.calibrate import Calibrate
from service.usecases.calibrations import Calibrations, Followed
from service.usecases.cards import Scorecards
from service.usecases.evaluations import Completions, Evaluations
from service.usecases.explain import ExplainEvaluation
from service.usecases.grade import GradeConversation
from service.usecases.handover import Handover
from service.usecases.keys import Keys
from service.usecases.labels import ImportLabels, Labels
from service.usecases.labels_plan import PlanLabels
from service.usecases.model_health import OPENAI_URL, ModelHealth, ModelState
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool
from service.usecases.redact import RedactConversation
from service.usecases.report import Reports
from service.usecases.seal import Seal
from service.usecases.submit import SubmitEvaluation
from service.usecases.vault import Vault
from service.usecases.workload import WorkloadReader

if TYPE_CHECKING:
    from service.jobs import Worker


class Factory:
    """Everything one process holds, made when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        """Raise PolicyError or InvalidSettings when a policy, an engine or the price table cannot be used:
        now, not later.
        """
        self.settings = settings
        self.policies = Policies.read(settings.policy)
        self.plugin = _plugin(settings.presidio_config)
        self.prices = _prices(settings.prices)
        self.spending = Spending()
        self._other_model: ChatModel | None = None

    @property
    def policy(self) -> Policy:
        """The policy of everybody who has none of their own."""
        return self.policies.of(DEFAULT_TENANT)

    @cached_property
    def pool(self) -> WorkPool:
        """Where redaction runs."""
        return WorkPool(self.settings.redaction_processes, self.settings.redaction_timeout_s)

    @cached_property
    def redact(self) -> RedactConversation:
        """Redacts conversations, each under its tenant's policy."""
        return RedactConversation(self.pool, self.policies, self.plugin)

    @cached_property
    def language_model(self) -> ChatModel:
        """The configured language model, for measuring; only where the settings have one."""
        return self._model(self._tokens)

    @cached_property
    def _tokens(self) -> TokenCounter:
        return TokenCounter.load()

    def use_model(self, model: ChatModel, tokens: TokenCounter | None = None) -> None:
        """Let `model` stand in for the configured one, such as one that records it or needs none; before
        anything is graded. `tokens` counts what it is asked, else what this machine has for that.
        """
        self._other_model = model
        if tokens is not None:
            self._tokens = tokens

    @cached_property
    def graders(self) -> Graders:
        """The graders that are configured, bounded in time."""
        redact_answer = RedactAnswer(self.pool, self.policies, self.plugin)
        return Graders(self._graders(), self.settings.evaluation_timeout_s, redact_answer, self.pool.run)

    @cached_property
    def grade(self) -> GradeConversation:
        """Grades on the spot, without a database."""
        return GradeConversation(self.redact, self.graders, self.settings.default_grader)

    @cached_property
    def database(self) -> Database:
        """The database of this process."""
        return Database(self.settings.database_url)

    @cached_property
    def keys(self) -> Keys:
        """API keys."""
        return Keys(self.database)

    @cached_property
    def scorecards(self) -> Scorecards:
        """Published scorecards."""
        return Scorecards(self.database)

    @cached_property
    def evaluations(self) -> Evaluations:
        """Evaluations, for reading."""
        return Evaluations(self.database)

    @cached_property
    def calibrate(self) -> Calibrate:
        """Calibrates a grader against people's labels."""
        reading = ReadOnlyDatabase(self.settings.database_url)
        return Calibrate(self.database, reading, self.settings.default_grader)

    @cached_property
    def calibrations(self) -> Calibrations:
        """Calibrations, for reading and for saying which of them new grades follow."""
        return Calibrations(self.database)

    @cached_property
    def import_labels(self) -> ImportLabels:
        """Takes people's labels in."""
        return ImportLabels(self.database, self.pool, self.policies, self.plugin)

    @cached_property
    def labels(self) -> Labels:
        """People's labels, for reading."""
        return Labels(self.database)

    @cached_property
    def plan_labels(self) -> PlanLabels:
        """Proposes what to label next."""
        return PlanLabels(self.database)

    @cached_property
    def explain(self) -> ExplainEvaluation:
        """Tells all that is known of one evaluation, beside a running service."""
        return ExplainEvaluation(ReadOnlyDatabase(self.settings.database_url))

    @cached_property
    def reports(self) -> Reports:
        """Means and rates of what was graded, read beside a running service."""
        return Reports(ReadOnlyDatabase(self.settings.database_url), self.settings.default_grader)

    @cached_property
    def vault(self) -> Vault:
        """What placeholders stood for; off without a key."""
        keys = self.settings.vault_keys
        return Vault(self.database, Seal(keys) if keys else None, self.settings.vault_days)

    @cached_property
    def completions(self) -> Completions:
        """Lets requests wait for results."""
        return Completions(self.database)

    @cached_property
    def workload(self) -> WorkloadReader:
        """How much there is to do in the whole fleet."""
        return WorkloadReader(self.database, self.settings.dead_after_s)

    @cached_property
    def submit(self) -> SubmitEvaluation:
        """Accepts conversations for grading."""
        from service.jobs import DurableQueue

        queue = DurableQueue(self.database)
        names, default = self.graders.names, self.settings.default_grader
        return SubmitEvaluation(
            self.database, queue, self.redact, self.vault, names, default, self._handover, self._followed
        )

    @cached_property
    def worker(self) -> "Worker":
        """Works off the jobs that submissions left."""
        from service.jobs import Worker

        tell, followed = self.completions.tell, self._followed
        assess = AssessEvaluation(self.database, self.graders, tell, self._handover, followed=followed)
        settings = self.settings
        return Worker(
            self.database, assess, settings.concurrency, settings.dead_after_s, tidy_up=self.vault.purge
        )

    @cached_property
    def _followed(self) -> Followed:
        return Followed()

    @cached_property
    def _handover(self) -> Handover:
        return Handover()

    async def model_state(self) -> ModelState:
        """Return whether the model's endpoint can be reached."""
        return await self._model_health.state() if self.settings.has_model else "not configured"

    @cached_property
    def _model_health(self) -> ModelHealth:
        return ModelHealth(self.settings.openai_base_url or OPENAI_URL)

    def upgrade_database(self) -> None:
        """Bring our tables, the job engine's and the built-in scorecards to this version."""
        from service.jobs import upgrade_engine

        upgrade(self.database, builtin_scorecards(), datetime.now(UTC))
        upgrade_engine(self.database)

    def warm_up(self) -> None:
        """Make what a first request would have to wait for."""
        _ = self.submit, self.evaluations, self.completions

    def check_plugin(self) -> None:
        """Build the engine that was plugged in, if any, to find out now whether it can be built.

        Raises InvalidSettings naming the variable.
        """
        try:
            if self.plugin is not None:
                self.plugin.load()
        except PluginError as error:
            raise InvalidSettings(f"QALIBRATE_PRESIDIO_CONFIG: {error}") from None

    def close(self) -> None:
        """Let go of processes and connections that were made."""
        if "pool" in self.__dict__:
            self.pool.close()
        if "database" in self.__dict__:
            self.database.close()

    def _graders(self) -> Mapping[GraderName, Grader]:
        graders: dict[GraderName, Grader] = {"signals": SignalsGrader()}
        if self.settings.has_model or self._other_model:
            model = self._other_model or self.language_model
            graders["llm"] = LlmGrader(
                model, max_prompt_tokens=self.settings.max_prompt_tokens, tokens=self._tokens
            )
        return graders

    def _model(self, tokens: TokenCounter) -> ChatModel:
        from service.grading.openai_model import OpenAIModel

        key = self.settings.openai_api_key
        limits = Limits(
            concurrency=self.settings.model_concurrency,
            requests_per_minute=self.settings.model_requests_per_minute,
            tokens_per_minute=self.settings.model_tokens_per_minute,
        )
        return OpenAIModel(
            model=self.settings.model,
            api_key=key.get_secret_value() if key else "",
            base_url=self.settings.openai_base_url,
            timeout_s=self.settings.model_timeout_s,
            # Two requests, the second to repair, have to fit into the time of an evaluation.
            total_s=0.45 * self.settings.evaluation_timeout_s,
            gate=Gate(limits),
            prices=self.prices,
            spending=self.spending,
            tokens=tokens,
        )


def _plugin(path: Path | None) -> Plugin | None:
    try:
        return Plugin.from_file(path) if path else None
    except PluginError as error:
        raise InvalidSettings(f"QALIBRATE_PRESIDIO_CONFIG: {error}") from None


def _prices(path: Path | None) -> Prices:
    try:
        return Prices.from_file(path) if path else Prices()
    except InvalidPrices as error:
        lines = (f"QALIBRATE_PRICES: {path}: {problem}" for problem in error.problems)
        raise InvalidSettings("\n".join(lines)) from None


def builtin_scorecards() -> list[Scorecard]:
    """Return the scorecards that come with the service, by file name."""
    files = sorted(resources.files("prompts").joinpath("scorecards").iterdir(), key=lambda file: file.name)
    return [read_scorecard(file.read_bytes()) for file in files if file.name.endswith(".yaml")]
