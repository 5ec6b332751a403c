"""The audit log of one tenant: lines are added, never changed."""

import sqlalchemy as sa

from service.domain.audit import AuditEntry
from service.storage.schema import audit_log


class AuditStore:
    """Who did what to the tenant's data."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def add(self, entry: AuditEntry) -> None:
        """Add a line; it is there when, and only when, the transaction commits."""
        self._connection.execute(sa.insert(audit_log).values(tenant=self._tenant, **entry.model_dump()))
