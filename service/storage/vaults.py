"""Sealed vaults: kept for a time, then gone for good."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from service.storage.schema import vaults


class SealedVault(NamedTuple):
    """What is kept for one evaluation; `sealed` is None once it is gone, which was at `gone_at`."""

    sealed: bytes | None
    expires_at: datetime
    gone_at: datetime | None

    @property
    def has_expired(self) -> bool:
        """Whether it is gone because its time was over, and not because somebody had it forgotten before."""
        return self.gone_at is not None and self.gone_at >= self.expires_at


class VaultStore:
    """The vaults of one tenant. It holds no key: what it keeps is unreadable to it."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def add(self, evaluation_id: str, sealed: bytes, expires_at: datetime) -> None:
        """Keep a sealed vault."""
        values = {
            "evaluation_id": evaluation_id,
            "tenant": self._tenant,
            "sealed": sealed,
            "expires_at": expires_at,
        }
        self._connection.execute(sa.insert(vaults).values(values))

    def get(self, evaluation_id: str) -> SealedVault | None:
        """Return the vault of an evaluation, or None when nothing was ever kept."""
        query = sa.select(vaults.c.sealed, vaults.c.expires_at, vaults.c.gone_at)
        row = self._connection.execute(query.where(self._is(evaluation_id))).one_or_none()
        return None if row is None else SealedVault(row.sealed, row.expires_at, row.gone_at)

    def forget(self, evaluation_id: str, now: datetime) -> bool:
        """Drop what is kept for good; False when there was nothing to drop, or nothing any more."""
        return self._drop(self._is(evaluation_id), now) > 0

    def purge(self, now: datetime, limit: int | None = None) -> int:
        """Drop what has expired, of every tenant, `limit` at most; return how many vaults that were."""
        some = sa.select(vaults.c.evaluation_id).where(vaults.c.gone_at.is_(None), vaults.c.expires_at <= now)
        some = some.limit(limit).with_for_update(skip_locked=True)
        return self._drop(vaults.c.evaluation_id.in_(some), now)

    def _is(self, evaluation_id: str) -> sa.ColumnElement[bool]:
        return (vaults.c.evaluation_id == evaluation_id) & (vaults.c.tenant == self._tenant)

    def _drop(self, which: sa.ColumnElement[bool], now: datetime) -> int:
        update = sa.update(vaults).where(vaults.c.gone_at.is_(None), which)
        return self._connection.execute(update.values(sealed=None, gone_at=now)).rowcount
