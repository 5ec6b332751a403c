"""API keys, stored as hashes."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from service.domain.keys import ApiKey
from service.storage.schema import api_keys


class KeyStore:
    """Keys of every tenant."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, key: ApiKey, key_hash: str) -> None:
        """Keep a new key under the hash of its secret."""
        values = key.model_dump() | {"scopes": list(key.scopes), "key_hash": key_hash}
        self._connection.execute(sa.insert(api_keys).values(values))

    def find(self, key_hash: str) -> ApiKey | None:
        """Return the key, revoked or not, whose secret has this hash."""
        row = self._connection.execute(
            sa.select(api_keys).where(api_keys.c.key_hash == key_hash)
        ).one_or_none()
        return None if row is None else _to_key(row)

    def list(self) -> list[ApiKey]:
        """Return every key, oldest first."""
        query = sa.select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id)
        return [_to_key(row) for row in self._connection.execute(query)]

    def revoke(self, key_id: str, now: datetime) -> bool:
        """Revoke a key for good; False when there is none with this id. A second time changes nothing."""
        unrevoked = api_keys.c.revoked_at.is_(None)
        update = sa.update(api_keys).where(api_keys.c.id == key_id, unrevoked).values(revoked_at=now)
        self._connection.execute(update)
        exists = sa.select(sa.literal(1)).where(api_keys.c.id == key_id)
        return self._connection.scalar(exists) is not None

    def touch(self, key_id: str, now: datetime) -> None:
        """Record that the key was used."""
        self._connection.execute(sa.update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=now))


def _to_key(row: sa.Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        tenant=row.tenant,
        name=row.name,
        scopes=tuple(row.scopes),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
