"""The audit log of one tenant: lines are added, never changed. Triggers of the database hold to that too."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from service.domain.audit import AuditEntry, AuditFilter, AuditLine
from service.storage.schema import audit_log

AuditPosition = tuple[datetime, int]
"""Where a page of the log ended: when it happened, and the number of the line."""


class AuditStore:
    """Who did what to the tenant's data."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def add(self, *entries: AuditEntry) -> None:
        """Add lines; they are there when, and only when, the transaction commits."""
        if entries:
            rows = [{"tenant": self._tenant, **entry.model_dump()} for entry in entries]
            self._connection.execute(sa.insert(audit_log), rows)

    def list(self, wanted: AuditFilter, after: AuditPosition | None, limit: int) -> Sequence[AuditLine]:
        """Return up to `limit` lines, the latest first, that come after a position."""
        table = audit_log.c
        query = sa.select(audit_log).where(table.tenant == self._tenant, *_conditions(wanted))
        if after is not None:
            moment = sa.bindparam("moment", after[0], table.at.type)
            query = query.where(sa.tuple_(table.at, table.id) < sa.tuple_(moment, after[1]))
        query = query.order_by(table.at.desc(), table.id.desc()).limit(limit)
        return [_to_line(row) for row in self._connection.execute(query)]


def _conditions(wanted: AuditFilter) -> Sequence[sa.ColumnElement[bool]]:
    table = audit_log.c
    equal = {table.subject: wanted.subject, table.action: wanted.action, table.actor: wanted.actor}
    conditions = [column == value for column, value in equal.items() if value is not None]
    if wanted.from_ is not None:
        conditions.append(table.at >= wanted.from_)
    if wanted.to is not None:
        conditions.append(table.at < wanted.to)
    return conditions


def _to_line(row: sa.Row[Any]) -> AuditLine:
    return AuditLine.model_validate({name: getattr(row, name) for name in AuditLine.model_fields})
