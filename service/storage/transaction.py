"""A transaction of one tenant, and the stores that live in it."""

from functools import cached_property

import sqlalchemy as sa

from service.storage.appeals import AppealStore
from service.storage.audit import AuditStore
from service.storage.batches import BatchStore
from service.storage.calibrations import CalibrationStore
from service.storage.erasure import ErasureStore
from service.storage.evaluations import EvaluationStore
from service.storage.heartbeats import HeartbeatStore
from service.storage.idempotency import IdempotencyStore
from service.storage.inspection import Inspection
from service.storage.keys import KeyStore
from service.storage.label_plans import LabelPlanStore
from service.storage.labels import LabelStore
from service.storage.model_answers import ModelAnswerStore
from service.storage.retention import RetentionStore
from service.storage.reviews import ReviewStore
from service.storage.scorecards import ScorecardStore
from service.storage.sealed_requests import SealedRequestStore
from service.storage.sessions import SessionStore
from service.storage.vaults import VaultStore
from service.storage.webhook_secrets import WebhookSecretStore
from service.storage.webhooks import DeliveryStore
from service.storage.workload import WorkloadStore


class Transaction:
    """Everything done through one transaction is confined to its tenant, because the stores are."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self.connection = connection
        self.tenant = tenant

    @cached_property
    def evaluations(self) -> EvaluationStore:
        """The tenant's evaluations."""
        return EvaluationStore(self.connection, self.tenant)

    @cached_property
    def idempotency(self) -> IdempotencyStore:
        """Which requests of the tenant came before."""
        return IdempotencyStore(self.connection, self.tenant)

    @cached_property
    def batches(self) -> BatchStore:
        """The tenant's batches."""
        return BatchStore(self.connection, self.tenant)

    @cached_property
    def sealed_requests(self) -> SealedRequestStore:
        """The tenant's requests that no worker has redacted yet."""
        return SealedRequestStore(self.connection, self.tenant)

    @cached_property
    def scorecards(self) -> ScorecardStore:
        """The tenant's scorecards and the built-in ones."""
        return ScorecardStore(self.connection, self.tenant)

    @cached_property
    def keys(self) -> KeyStore:
        """API keys; not confined, since a key is what tells the tenant."""
        return KeyStore(self.connection)

    @cached_property
    def heartbeats(self) -> HeartbeatStore:
        """Signs of life of the workers of the whole fleet."""
        return HeartbeatStore(self.connection)

    @cached_property
    def inspection(self) -> Inspection:
        """What the database is like."""
        return Inspection(self.connection)

    @cached_property
    def workload(self) -> WorkloadStore:
        """How much there is to do, for all tenants; numbers only."""
        return WorkloadStore(self.connection)

    @cached_property
    def audit(self) -> AuditStore:
        """Who did what to the tenant's data."""
        return AuditStore(self.connection, self.tenant)

    @cached_property
    def erasure(self) -> ErasureStore:
        """Erases the tenant's evaluations for good."""
        return ErasureStore(self.connection, self.tenant)

    @cached_property
    def retention(self) -> RetentionStore:
        """How long conversations are kept."""
        return RetentionStore(self.connection, self.tenant)

    @cached_property
    def model_answers(self) -> ModelAnswerStore:
        """What models answered for evaluations under way, of every tenant."""
        return ModelAnswerStore(self.connection)

    @cached_property
    def vaults(self) -> VaultStore:
        """What the placeholders of the tenant's conversations stood for."""
        return VaultStore(self.connection, self.tenant)

    @cached_property
    def deliveries(self) -> DeliveryStore:
        """The tenant's webhooks."""
        return DeliveryStore(self.connection, self.tenant)

    @cached_property
    def webhook_secrets(self) -> WebhookSecretStore:
        """What signs the tenant's webhooks."""
        return WebhookSecretStore(self.connection, self.tenant)

    @cached_property
    def calibrations(self) -> CalibrationStore:
        """The tenant's calibrations."""
        return CalibrationStore(self.connection, self.tenant)

    def on_behalf_of(self, tenant: str) -> "Transaction":
        """Return this transaction confined to another tenant: workers act for all of them."""
        return Transaction(self.connection, tenant)

    @cached_property
    def labels(self) -> LabelStore:
        """What people decided on the tenant's conversations."""
        return LabelStore(self.connection, self.tenant)

    @cached_property
    def reviews(self) -> ReviewStore:
        """What people decided about the tenant's grades, and what waits for them."""
        return ReviewStore(self.connection, self.tenant)

    @cached_property
    def appeals(self) -> AppealStore:
        """Appeals against the tenant's grades."""
        return AppealStore(self.connection, self.tenant)

    @cached_property
    def sessions(self) -> SessionStore:
        """Conversations that several of the tenant's people grade without seeing each other's answers."""
        return SessionStore(self.connection, self.tenant)

    @cached_property
    def label_plans(self) -> LabelPlanStore:
        """What the tenant's raters were asked to label."""
        return LabelPlanStore(self.connection, self.tenant)
