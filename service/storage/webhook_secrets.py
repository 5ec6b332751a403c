"""The secrets that sign the webhooks of one tenant. What is kept may be sealed: the store cannot tell."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from service.storage.schema import webhook_secrets


class WebhookSecretStore:
    """The secrets of one tenant: the current one, and earlier ones that still sign for a time."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def signing(self, now: datetime) -> Sequence[str]:
        """Return the secrets that sign at `now`, the current one first."""
        table = webhook_secrets.c
        signs = table.signs_until.is_(None) | (table.signs_until > now)
        query = sa.select(table.secret).where(table.tenant == self._tenant, signs)
        current_first = (table.signs_until.is_not(None), table.created_at.desc())
        return self._connection.scalars(query.order_by(*current_first)).all()

    def add(self, secret: str, now: datetime) -> bool:
        """Keep a new current secret; False when there is one already."""
        values = {"id": uuid.uuid4().hex, "tenant": self._tenant, "secret": secret, "created_at": now}
        postgres = self._connection.dialect.name == "postgresql"
        insert = postgresql.insert(webhook_secrets) if postgres else sqlite.insert(webhook_secrets)
        new = insert.values(values).on_conflict_do_nothing().returning(webhook_secrets.c.id)
        return self._connection.scalar(new) is not None

    def retire(self, now: datetime, signs_until: datetime) -> None:
        """Let no secret sign after `signs_until`, and forget those that do not sign at `now`."""
        table = webhook_secrets.c
        mine = table.tenant == self._tenant
        self._connection.execute(sa.delete(webhook_secrets).where(mine, table.signs_until <= now))
        longer = table.signs_until.is_(None) | (table.signs_until > signs_until)
        self._connection.execute(
            sa.update(webhook_secrets).where(mine, longer).values(signs_until=signs_until)
        )
