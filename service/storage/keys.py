"""API keys, stored as hashes."""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from service.domain.keys import ApiKey
from service.storage.schema import api_keys


class FoundKey(NamedTuple):
    """A key, and whether it was found by the secret that it had before its last rotation."""

    key: ApiKey
    by_previous: bool


class KeyStore:
    """Keys of every tenant."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, key: ApiKey, key_hash: str) -> None:
        """Keep a new key under the hash of its secret."""
        values = key.model_dump() | {"scopes": list(key.scopes), "key_hash": key_hash}
        self._connection.execute(sa.insert(api_keys).values(values))

    def find(self, key_hash: str) -> FoundKey | None:
        """Return the key whose secret has this hash, or had before its last rotation."""
        for column in (api_keys.c.key_hash, api_keys.c.previous_hash):
            row = self._connection.execute(sa.select(api_keys).where(column == key_hash)).first()
            if row is not None:
                return FoundKey(_to_key(row), by_previous=column is api_keys.c.previous_hash)
        return None

    def get(self, key_id: str) -> ApiKey | None:
        """Return the key with this id, whatever its status."""
        row = self._connection.execute(sa.select(api_keys).where(api_keys.c.id == key_id)).one_or_none()
        return None if row is None else _to_key(row)

    def list(self) -> list[ApiKey]:
        """Return every key, oldest first."""
        query = sa.select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id)
        return [_to_key(row) for row in self._connection.execute(query)]

    def revoke(self, key_id: str, now: datetime) -> bool:
        """Revoke a key for good; False when there is none that was not revoked before."""
        unrevoked = api_keys.c.revoked_at.is_(None)
        update = sa.update(api_keys).where(api_keys.c.id == key_id, unrevoked).values(revoked_at=now)
        return self._connection.execute(update).rowcount > 0

    def rotate(self, key_id: str, key_hash: str, now: datetime, previous_until: datetime) -> bool:
        """Give a key that is not revoked another secret; the one it had works until `previous_until`.

        The one before that works no more. False when there is no such key.
        """
        unrevoked = api_keys.c.revoked_at.is_(None)
        update = sa.update(api_keys).where(api_keys.c.id == key_id, unrevoked)
        values = {
            "previous_hash": api_keys.c.key_hash,
            "key_hash": key_hash,
            "previous_until": previous_until,
            "rotated_at": now,
        }
        return self._connection.execute(update.values(values)).rowcount > 0

    def touch(self, key_id: str, now: datetime) -> None:
        """Record that the key was used."""
        self._connection.execute(sa.update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=now))


def _to_key(row: sa.Row[Any]) -> ApiKey:
    facts = {name: value for name, value in row._mapping.items() if name in ApiKey.model_fields}
    return ApiKey(**facts | {"scopes": tuple(row.scopes)})
