"""API keys: made, checked, revoked. Only a hash of the secret is ever kept."""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from service.domain.errors import NotAuthenticated, NotFound
from service.domain.keys import ApiKey, Scope, check_tenant
from service.storage.database import Database

PREFIX = "qal_"
_ANY = ""
"""Keys are looked up before the tenant is known."""

# Writing at every request would make reading as dear as writing.
_TOUCH_EVERY = timedelta(minutes=1)


class Keys:
    """The keys of every tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, tenant: str, name: str, scopes: Sequence[Scope]) -> tuple[ApiKey, str]:
        """Return a new key and its secret, which cannot be had again.

        Raises InvalidInput for a bad tenant.
        """
        check_tenant(tenant)
        secret = PREFIX + secrets.token_urlsafe(32)
        key = ApiKey(
            id=uuid.uuid4().hex,
            tenant=tenant,
            name=name,
            scopes=tuple(dict.fromkeys(scopes)),
            created_at=datetime.now(UTC),
        )
        with self._database.begin(_ANY) as tx:
            tx.keys.add(key, _hash(secret))
        return key, secret

    def authenticate(self, secret: str) -> ApiKey:
        """Return the key that has this secret. Raises NotAuthenticated for an unknown or revoked one."""
        now = datetime.now(UTC)
        with self._database.begin(_ANY) as tx:
            key = tx.keys.find(_hash(secret))
            if key is None or key.revoked_at is not None:
                raise NotAuthenticated("the API key is unknown or was revoked")
            if key.last_used_at is None or now - key.last_used_at > _TOUCH_EVERY:
                tx.keys.touch(key.id, now)
        return key

    def list(self) -> list[ApiKey]:
        """Return every key, oldest first."""
        with self._database.begin(_ANY) as tx:
            return tx.keys.list()

    def revoke(self, key_id: str) -> None:
        """Revoke a key for good. Raises NotFound."""
        with self._database.begin(_ANY) as tx:
            if not tx.keys.revoke(key_id, datetime.now(UTC)):
                raise NotFound("key", key_id)


def _hash(secret: str) -> str:
    # A secret of 256 random bits needs no slow hash: there is nothing to guess.
    return hashlib.sha256(secret.encode()).hexdigest()
