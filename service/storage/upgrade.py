"""Brings a database to the schema of this version; safe to run from several processes at once."""

from datetime import datetime

import sqlalchemy as sa
from alembic import command

from service.domain.scorecard import Scorecard
from service.storage.database import Database
from service.storage.schema_version import SchemaVersion, migrations, schema_version
from service.storage.scorecards import BUILTIN_TENANT
from service.storage.transaction import Transaction

_LOCK = 0x9A11B7A7E
"""Any number that nobody else takes as an advisory lock."""


def upgrade(database: Database, builtin: list[Scorecard], now: datetime) -> SchemaVersion:
    """Run the missing migrations and publish the built-in scorecards whose content is new. Return what the
    database was like before.

    Raises DatabaseAway when the database cannot be reached, and when a later version made its tables.
    """
    with database.unhurried() as connection:
        _one_at_a_time(connection)
        before = schema_version(connection)
        before.refuse_newer()
        config = migrations()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _publish(Transaction(connection, BUILTIN_TENANT), builtin, now)
    return before


def _publish(tx: Transaction, builtin: list[Scorecard], now: datetime) -> None:
    current = {revision.name: revision.scorecard for revision in tx.scorecards.list()}
    for card in builtin:
        if current.get(card.name) != card:
            tx.scorecards.publish(card, now)


def _one_at_a_time(connection: sa.Connection) -> None:
    """Hold off other upgraders until this transaction ends."""
    if connection.dialect.name == "sqlite":
        connection.execute(sa.text("BEGIN IMMEDIATE"))
    else:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
