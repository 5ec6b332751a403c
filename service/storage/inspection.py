"""Looks a database over from outside: nothing is written, and tables may be missing."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from service.storage.schema import api_keys, sealed_requests, vaults
from service.storage.schema_version import SchemaVersion, schema_version


class DatabaseFacts(NamedTuple):
    """What can be seen of a database. `connections` are those in use and those allowed, of PostgreSQL."""

    version: SchemaVersion
    server: str
    now: datetime
    writable: bool
    has_engine: bool
    connections: tuple[int, int] | None


class Sealed(NamedTuple):
    """Something sealed, and the evaluation it is of."""

    evaluation_id: str
    sealed: bytes


class Inspection:
    """Looks at one database."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def facts(self) -> DatabaseFacts:
        """Return what the database is like."""
        version = schema_version(self._connection)
        if self._connection.dialect.name == "sqlite":
            server = f"SQLite {self._scalar('SELECT sqlite_version()')}"
            return DatabaseFacts(version, server, datetime.now(UTC), True, self._has("workflow_status"), None)
        now = self._scalar("SELECT clock_timestamp()")
        server = f"PostgreSQL {self._scalar('SHOW server_version')}"
        has_engine = self._has("workflow_status", schema="dbos")
        return DatabaseFacts(version, server, now, self._may_write(), has_engine, self._connections())

    def usable_keys(self) -> int:
        """Return how many API keys are not revoked."""
        query = sa.select(sa.func.count()).select_from(api_keys).where(api_keys.c.revoked_at.is_(None))
        return self._connection.scalar(query) or 0

    def newest_vault(self) -> Sealed | None:
        """Return a vault to try the keys on, or None when nothing is kept."""
        return self._newest(vaults.c.evaluation_id, vaults.c.sealed, vaults.c.expires_at)

    def newest_request(self) -> Sealed | None:
        """Return a request that waits sealed, or None."""
        table = sealed_requests.c
        return self._newest(table.evaluation_id, table.sealed, table.created_at)

    def _newest(self, of: sa.Column[str], sealed: sa.Column[bytes], at: sa.Column[Any]) -> Sealed | None:
        query = sa.select(of, sealed).where(sealed.is_not(None)).order_by(at.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else Sealed(*row)

    def _may_write(self) -> bool:
        """Whether this is no standby, and our user may write to the table that matters most."""
        if self._scalar("SELECT pg_is_in_recovery()"):
            return False
        if not self._has("evaluations"):
            return bool(self._scalar("SELECT has_schema_privilege(current_schema(), 'CREATE')"))
        return bool(self._scalar("SELECT has_table_privilege('evaluations', 'INSERT')"))

    def _connections(self) -> tuple[int, int]:
        used = self._scalar("SELECT count(*) FROM pg_stat_activity")
        return int(used), int(self._scalar("SHOW max_connections"))

    def _has(self, table: str, schema: str | None = None) -> bool:
        return sa.inspect(self._connection).has_table(table, schema=schema)

    def _scalar(self, statement: str) -> Any:
        return self._connection.scalar(sa.text(statement))
