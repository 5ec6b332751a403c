"""How long each tenant's conversations are kept."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from service.storage.schema import retention


class RetentionStore:
    """The rules of tenants that have one of their own; others go by the settings."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def all(self) -> Mapping[str, float | None]:
        """Return the days of every tenant that has a rule; None: for ever."""
        return {row.tenant: row.days for row in self._connection.execute(sa.select(retention))}

    def put(self, days: float | None, now: datetime) -> None:
        """Give the tenant a rule, None: for ever."""
        values = {"tenant": self._tenant, "days": days, "changed_at": now}
        postgres = self._connection.dialect.name == "postgresql"
        insert = postgresql.insert(retention) if postgres else sqlite.insert(retention)
        changed = {"days": days, "changed_at": now}
        self._connection.execute(
            insert.values(values).on_conflict_do_update(index_elements=["tenant"], set_=changed)
        )

    def drop(self) -> None:
        """Let the tenant go by the settings again."""
        self._connection.execute(sa.delete(retention).where(retention.c.tenant == self._tenant))
