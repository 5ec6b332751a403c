"""Wires everything: settings → what one process holds → use cases. API, worker and command line share it.

The job engine and the model's library are imported when they are first needed: each takes half a second, and
a command that grades a file with rules needs neither.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property, partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from service.outgoing.names import SystemNames
from service.settings import InvalidSettings, Settings
from service.storage.database import Database
from service.storage.reading import ReadOnlyDatabase
from service.storage.schema_version import SchemaVersion, schema_version
from service.storage.upgrade import upgrade
from service.usecases.accept import Acceptance
from service.usecases.announce import Announce
from service.usecases.answers import RedactAnswer
from service.usecases.appeals import AppealRules, Appeals
from service.usecases.assess import AssessEvaluation, Graders
from service.usecases.audit import AuditLog, ReadLog
from service.usecases.batches import Batches
from service.usecases.calibrate import Calibrate
from service.usecases.calibrations import Calibrations, Followed
from service.usecases.callbacks import CheckCallback
from service.usecases.cancel import CancelBatch, CancelEvaluation, RetryEvaluation
from service.usecases.cards import Scorecards
from service.usecases.deliver import DeliverWebhook
from service.usecases.erase import Erase
from service.usecases.evaluations import Completions, Evaluations
from service.usecases.explain import ExplainEvaluation
from service.usecases.grade import GradeConversation
from service.usecases.handover import Handover
from service.usecases.keys import Keys
from service.usecases.labels import ImportLabels, Labels
from service.usecases.labels_plan import PlanLabels
from service.usecases.model_health import OPENAI_URL, Circuit, ModelHealth, ModelState
from service.usecases.paid import PaidAnswers
from service.usecases.parking import Parking
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool
from service.usecases.pressure import Pressure, Room
from service.usecases.readiness import Readiness
from service.usecases.redact import RedactConversation
from service.usecases.regrade import RegradeAppeal
from service.usecases.report import Reports
from service.usecases.request_seal import RequestSeal
from service.usecases.retention import Retention
from service.usecases.reviews import Reviews
from service.usecases.seal import Seal
from service.usecases.sessions import Sessions
from service.usecases.storing import StoreResult
from service.usecases.submit import SubmitEvaluation
from service.usecases.take_batch import TakeBatch
from service.usecases.tidy import ForgetKeys, Settle
from service.usecases.unseal import Unseal
from service.usecases.vault import Vault
from service.usecases.webhook_secrets import WebhookSecrets
from service.usecases.webhooks import Webhooks
from service.usecases.words import RedactWords
from service.usecases.workload import WorkloadReader

if TYPE_CHECKING:
    from service.domain.finding import Finding
    from service.jobs import Worker
    from service.usecases.queue import JobQueue


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
    def reviews(self) -> Reviews:
        """What people decide about grades, and what waits for them."""
        return Reviews(self.database, self._redact_words)

    @cached_property
    def appeals(self) -> Appeals:
        """Appeals against grades."""
        settings = self.settings
        rules = AppealRules(settings.appeal_days, settings.appeal_decide_days, settings.max_appeals)
        return Appeals(self.database, self.queue, self._redact_words, rules)

    @cached_property
    def sessions(self) -> Sessions:
        """Conversations that several people grade without seeing each other's answers."""
        return Sessions(self.database, self._redact_words)

    @cached_property
    def _redact_words(self) -> RedactWords:
        return RedactWords(self.pool, self.policies, self.plugin)

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
    def erase(self) -> Erase:
        """Erases evaluations for good."""
        return Erase(self.database, self.queue, self.handover, self.completions.tell)

    @cached_property
    def retention(self) -> Retention:
        """Erases by itself what has been kept for long enough."""
        return Retention(self.database, self.erase, self.settings.retention_days)

    @cached_property
    def audit(self) -> AuditLog:
        """Who did what to whose data, for reading."""
        return AuditLog(self.database)

    @cached_property
    def note_read(self) -> ReadLog:
        """Takes note of who read what."""
        return ReadLog(self.database)

    @cached_property
    def queue(self) -> "JobQueue":
        """Where jobs wait."""
        from service.jobs import DurableQueue

        return DurableQueue(self.database)

    @cached_property
    def announce(self) -> Announce:
        """Leaves webhooks in the transaction that makes an evaluation final."""
        return Announce(self.queue)

    @cached_property
    def cancel(self) -> CancelEvaluation:
        """Ends evaluations before they are graded."""
        return CancelEvaluation(self.database, self.queue, self.announce, self.completions.tell)

    @cached_property
    def cancel_batch(self) -> CancelBatch:
        """Ends those evaluations of a batch that are not graded yet."""
        return CancelBatch(self.database, self.cancel)

    @cached_property
    def retry(self) -> RetryEvaluation:
        """Has evaluations that failed graded anew."""
        return RetryEvaluation(self.database, self.queue)

    @cached_property
    def webhooks(self) -> Webhooks:
        """What became of webhooks."""
        return Webhooks(self.database, self.queue)

    @cached_property
    def webhook_secrets(self) -> WebhookSecrets:
        """What signs webhooks; sealed where there is a key."""
        keys = self.settings.secret_keys
        seal = Seal(keys) if keys else None
        return WebhookSecrets(self.database, seal, self.settings.webhook_secrets)

    @cached_property
    def _names(self) -> SystemNames:
        return SystemNames()

    @cached_property
    def check_callback(self) -> CheckCallback:
        """Refuses callback URLs that must not be called."""
        return CheckCallback(self._names, private=self.settings.allow_private_callbacks)

    @cached_property
    def deliver(self) -> DeliverWebhook:
        """Does the jobs of webhooks."""
        from service.outgoing.posting import Post

        post = Post(self._names, private=self.settings.allow_private_callbacks)
        return DeliverWebhook(self.database, self.queue, self.webhook_secrets, post)

    @cached_property
    def completions(self) -> Completions:
        """Lets requests wait for results."""
        return Completions(self.database)

    @cached_property
    def readiness(self) -> Readiness:
        """Whether this process can take work."""
        return Readiness(
            self.database,
            self.model_state,
            self.workload,
            self.settings.min_free_disk_mb,
            lambda: self.unseal.lacks_key,
            lambda: self.pressure.check(redacts=self.settings.redact == "submission"),
            lambda: self.redact.is_warm,
        )

    async def doctor(self) -> "list[Finding]":
        """Examine what this process would work with, changing nothing."""
        from service.grading.endpoint import look_at
        from service.usecases.doctor import Doctor
        from service.usecases.doctor.of_database import Database as DatabaseExamination

        settings = self.settings
        url, key = settings.openai_base_url or OPENAI_URL, settings.openai_api_key
        secret = key.get_secret_value() if key else ""
        look = partial(look_at, url, secret, settings.model) if settings.has_model else None
        # One conversation at a time needs no process.
        redact = RedactConversation(WorkPool(0, settings.redaction_timeout_s), self.policies, self.plugin)
        database = DatabaseExamination(settings, lambda: self.webhook_secrets)
        has_price = self.prices.of(settings.model) is not None
        return await Doctor(database, redact, look, has_price=has_price)()

    async def ask_model(self) -> "Finding":
        """Send the model one tiny request and say what came of it."""
        from service.grading.endpoint import ask

        return await ask(self.language_model if self.settings.has_model else None)

    @cached_property
    def workload(self) -> WorkloadReader:
        """How much there is to do in the whole fleet."""
        return WorkloadReader(self.database, self.settings.dead_after_s)

    @cached_property
    def submit(self) -> SubmitEvaluation:
        """Accepts conversations for grading."""
        return SubmitEvaluation(
            self.database,
            self._accept,
            self.redact,
            self.vault,
            self.graders.names,
            self.settings.default_grader,
            self.pressure,
            self.request_seal if self.settings.redact == "worker" else None,
            self.check_callback,
        )

    @cached_property
    def batches(self) -> Batches:
        """Batches, for reading."""
        return Batches(self.database)

    def take_batch(self, parse: Callable[[bytes], Any]) -> TakeBatch:
        """Return what takes batches in; `parse` reads the JSON of a line."""
        longest = self.settings.max_body_bytes
        return TakeBatch(self.database, self.submit, self._accept, self.pressure, parse, longest)

    @cached_property
    def unseal(self) -> Unseal:
        """Redacts what came sealed, in a worker."""
        return Unseal(self.database, self.queue, self.redact, self.vault, self.request_seal)

    @cached_property
    def _accept(self) -> Acceptance:
        return Acceptance(self.queue, self.vault, self.handover, self._followed)

    @cached_property
    def pressure(self) -> Pressure:
        """Says no before the queue is too long, the disk full or redaction far behind."""
        room = Room(self.settings.max_queued, self.settings.min_free_disk_mb)
        return Pressure(self.database, lambda: self.pool.backlog_s, room)

    @cached_property
    def request_seal(self) -> RequestSeal:
        """Seals requests that wait for a worker to redact them."""
        return RequestSeal(self.settings.secret_keys)

    @cached_property
    def worker(self) -> "Worker":
        """Works off the jobs that submissions left."""
        from service.jobs import RequeueLost, Worker

        tell, followed = self.completions.tell, self._followed
        store = StoreResult(
            self.database, self.announce, self.queue.tell, review_days=self.settings.review_days
        )
        assess = AssessEvaluation(
            self.database, self.graders, tell, self.handover, followed, store, self._parking, self.unseal
        )
        settings = self.settings
        return Worker(
            self.database,
            assess,
            settings.concurrency,
            settings.dead_after_s,
            deliver=self.deliver,
            regrade=RegradeAppeal(self.database, self.graders, self.queue, followed, self._parking),
            chores=(
                ForgetKeys(self.database),
                RequeueLost(self.database, self.queue),
                self.vault.purge,
                self.unseal.reopen,
                self.webhooks.requeue_overdue,
                self.retention,
                Settle(self.database),
            ),
            grace_s=settings.grace_s,
            idle=lambda: self._parking.parked,
        )

    @cached_property
    def _parking(self) -> Parking:
        return Parking(self.database, Circuit(), self.settings.model_away_hours)

    @cached_property
    def _followed(self) -> Followed:
        return Followed()

    @cached_property
    def handover(self) -> Handover:
        """What this process remembers of submissions for its own worker."""
        return Handover()

    @property
    def model_is_away(self) -> bool:
        """Whether work that needs the model is held back."""
        return self._parking.circuit.trouble is not None

    async def model_state(self) -> ModelState:
        """Return whether the model can be used."""
        return await self._model_health.state()

    @cached_property
    def _model_health(self) -> ModelHealth:
        url = self.settings.openai_base_url or OPENAI_URL
        return ModelHealth(url if self.settings.has_model else None, self._parking.circuit)

    def upgrade_database(self) -> SchemaVersion:
        """Bring our tables, the job engine's and the built-in scorecards to this version; return what was
        there before.
        """
        from service.jobs import upgrade_engine

        before = upgrade(self.database, builtin_scorecards(), datetime.now(UTC))
        upgrade_engine(self.database)
        return before

    def check_database(self, *, create: bool = False) -> None:
        """Raise DatabaseAway unless there is a database of this version; `create` makes one where there is
        none. One of an older version is upgraded by nobody but who asks for it.
        """
        reading = ReadOnlyDatabase(self.settings.database_url)
        is_new = reading.file is not None and not reading.file.is_file()
        if create and not is_new:
            with reading.look(DEFAULT_TENANT) as tx:
                is_new = schema_version(tx.connection).theirs is None
        if create and is_new:
            self.upgrade_database()
        else:
            with reading.begin(DEFAULT_TENANT):
                pass

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

    @property
    def has_worker(self) -> bool:
        """Whether this process works off jobs."""
        return "worker" in self.__dict__

    def stop_taking(self) -> None:
        """Take no more jobs, where this process has a worker, and no more of batches.

        May be called from a signal handler.
        """
        if "pressure" in self.__dict__:
            self.pressure.stop()
        if "worker" in self.__dict__:
            self.worker.stop_taking()

    def close(self) -> None:
        """Let go of processes and connections that were made."""
        if "pool" in self.__dict__:
            self.pool.close()
        if "_names" in self.__dict__:
            self._names.close()
        if "note_read" in self.__dict__:
            self.note_read.close()
        if "database" in self.__dict__:
            self.database.close()

    def _graders(self) -> Mapping[GraderName, Grader]:
        graders: dict[GraderName, Grader] = {"signals": SignalsGrader()}
        if self.settings.has_model or self._other_model:
            model = self._other_model or self.language_model
            keys = self.settings.secret_keys
            paid = PaidAnswers(model, lambda: self.database, Seal(keys) if keys else None)
            graders["llm"] = LlmGrader(
                paid, max_prompt_tokens=self.settings.max_prompt_tokens, tokens=self._tokens
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
