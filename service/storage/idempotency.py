"""Which requests came before, by the keys that callers gave them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from service.storage.schema import idempotency_keys


class Claim(NamedTuple):
    """A key, the digest of the body that came with it, and the evaluation that it is to stand for. Without a
    digest what came is erased.
    """

    key: str
    body_sha256: str
    evaluation_id: str

    def came_with(self, body_sha256: str) -> bool:
        """Whether it may have come with this body: of what was erased nobody can say."""
        return self.body_sha256 in ("", body_sha256)


class IdempotencyStore:
    """The idempotency keys of one tenant."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def find(self, key: str) -> Claim | None:
        """Return what an earlier request with this key left, or None."""
        row = self._connection.execute(self._of([key])).one_or_none()
        return None if row is None else Claim(row.key, row.body_sha256, row.evaluation_id)

    def known(self, keys: Collection[str]) -> set[str]:
        """Return those of `keys` that came before."""
        return {row.key for row in self._connection.execute(self._of(keys))} if keys else set()

    def claim(self, claims: Sequence[Claim], now: datetime) -> set[str]:
        """Take keys, each once; return those that no other transaction has."""
        if not claims:
            return set()
        rows = [{"tenant": self._tenant, "created_at": now, **claim._asdict()} for claim in claims]
        postgres = self._connection.dialect.name == "postgresql"
        insert = postgresql.insert(idempotency_keys) if postgres else sqlite.insert(idempotency_keys)
        taken = insert.values(rows).on_conflict_do_nothing().returning(idempotency_keys.c.key)
        return set(self._connection.scalars(taken))

    def forget_before(self, moment: datetime, limit: int) -> int:
        """Forget up to `limit` keys, of any tenant, that came before a moment; return how many."""
        table = idempotency_keys.c
        old = sa.select(table.tenant, table.key).where(table.created_at < moment).limit(limit).subquery()
        these = sa.tuple_(table.tenant, table.key).in_(sa.select(old.c.tenant, old.c.key))
        return self._connection.execute(sa.delete(idempotency_keys).where(these)).rowcount

    def _of(self, keys: Collection[str]) -> sa.Select[tuple[str, str, str]]:
        table = idempotency_keys.c
        query = sa.select(table.key, table.body_sha256, table.evaluation_id)
        return query.where(table.tenant == self._tenant, table.key.in_(keys))
