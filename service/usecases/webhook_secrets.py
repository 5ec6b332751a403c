"""The secrets that sign webhooks: each tenant's own, made when it is first needed."""

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from service.domain.audit import AuditAction, AuditEntry
from service.domain.errors import Conflict, FieldProblem, InvalidInput, SecretLocked
from service.domain.keys import DEFAULT_TENANT, check_tenant
from service.storage.database import Database
from service.storage.transaction import Transaction
from service.usecases.seal import Seal

PREFIX = "whsec_"
BYTES = 32

OLD_SIGNS_FOR = timedelta(hours=24)
"""How long a secret that was replaced signs beside its successor, so that receivers can change over."""

_PURPOSE = "webhook secret of "


class WebhookSecrets:
    """The secrets of all tenants, sealed where there is a key to seal with."""

    def __init__(self, database: Database, seal: Seal | None = None, of_default: Sequence[str] = ()) -> None:
        """Make them; `of_default`, when given, are the default tenant's in place of stored ones."""
        self._database = database
        self._seal = seal
        self._of_default = tuple(of_default)

    def signing(self, tx: Transaction) -> Sequence[str]:
        """Return the secrets that sign for the transaction's tenant now, the current one first.

        Raises SecretLocked.
        """
        if tx.tenant == DEFAULT_TENANT and self._of_default:
            return self._of_default
        now = datetime.now(UTC)
        stored = tx.webhook_secrets.signing(now)
        if not stored:
            # Somebody else may make the first one at this moment: then theirs is taken.
            tx.webhook_secrets.add(self._sealed(tx.tenant, _new()), now)
            stored = tx.webhook_secrets.signing(now)
        return self._all_opened(tx.tenant, stored)

    def check(self, tx: Transaction) -> None:
        """Raise SecretLocked when what signs for the transaction's tenant cannot be opened; make nothing."""
        if not (tx.tenant == DEFAULT_TENANT and self._of_default):
            self._all_opened(tx.tenant, tx.webhook_secrets.signing(datetime.now(UTC)))

    def show(self, tenant: str, by: str) -> Sequence[str]:
        """Return the secrets that sign for a tenant now, the current one first; it is noted who asked.

        Raises InvalidInput for a bad tenant, SecretLocked.
        """
        check_tenant(tenant)
        with self._database.begin(tenant) as tx:
            found = self.signing(tx)
            _note(tx, by, "webhook.secret_read")
        return found

    def rotate(self, tenant: str, by: str, *, old_signs_for: timedelta = OLD_SIGNS_FOR) -> Sequence[str]:
        """Make a new current secret; those before sign for `old_signs_for` longer. Return all that sign now.

        Raises InvalidInput, Conflict when somebody else does so at this moment.
        """
        check_tenant(tenant)
        if tenant == DEFAULT_TENANT and self._of_default:
            problem = (
                "QALIBRATE_WEBHOOK_SECRET signs for this tenant; put a new secret before the old one there, "
                "with a comma in between, and both sign"
            )
            raise InvalidInput([FieldProblem("/tenant", problem)])
        now = datetime.now(UTC)
        with self._database.begin(tenant) as tx:
            tx.webhook_secrets.retire(now, now + old_signs_for)
            if not tx.webhook_secrets.add(self._sealed(tenant, _new()), now):
                raise Conflict("somebody else rotated this secret at the same moment")
            _note(tx, by, "webhook.secret_rotated")
            return self.signing(tx)

    def _sealed(self, tenant: str, secret: str) -> str:
        return self._seal.seal_text(_PURPOSE + tenant, secret) if self._seal else secret

    def _all_opened(self, tenant: str, stored: Sequence[str]) -> Sequence[str]:
        """Return the secrets, the current one first. An earlier one that no key opens signs no more: whoever
        lost the key rotates, and that must not fail for the same reason.
        """
        opened = [self._opened(tenant, one) for one in stored]
        if opened and opened[0] is None:
            raise SecretLocked(tenant)
        return [secret for secret in opened if secret is not None]

    def _opened(self, tenant: str, stored: str) -> str | None:
        if stored.startswith(PREFIX):
            return stored
        return self._seal.open_text(_PURPOSE + tenant, stored) if self._seal else None


def _new() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def _note(tx: Transaction, by: str, action: AuditAction) -> None:
    tx.audit.add(AuditEntry(at=datetime.now(UTC), actor=by, action=action, subject=tx.tenant))
