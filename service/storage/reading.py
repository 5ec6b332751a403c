"""Reads a database while the service may be at work on it: no lock, no migration, no new file."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from service.domain.errors import DatabaseAway
from service.storage.database import normalised_url, translated_errors
from service.storage.transaction import Transaction
from service.storage.upgrade import migrations

_REMEDY = "`qalibrate db upgrade`, or starting the service, brings it up to date"


class ReadOnlyDatabase:
    """Opens a connection for each transaction, and refuses a schema that is not this version's."""

    def __init__(self, url: str) -> None:
        self._url = normalised_url(url)

    @contextmanager
    def begin(self, tenant: str) -> Iterator[Transaction]:
        """Open a transaction confined to `tenant` in which nothing can be written.

        Raises DatabaseAway when there is no such database, it cannot be reached, or its schema is another
        version's.
        """
        engine = self._engine()
        try:
            with translated_errors(), engine.connect() as connection:
                _check_schema(connection)
                yield Transaction(connection, tenant)
        finally:
            engine.dispose()

    def _engine(self) -> sa.Engine:
        if self._url.get_backend_name() == "sqlite":
            file = Path(self._url.database or "")
            return sa.create_engine("sqlite://", creator=lambda: _open(file), poolclass=sa.NullPool)
        options = {"connect_timeout": 5, "options": "-c default_transaction_read_only=on"}
        return sa.create_engine(self._url, connect_args=options, poolclass=sa.NullPool, hide_parameters=True)


def _open(file: Path) -> sqlite3.Connection:
    if not file.is_file():
        raise DatabaseAway(f"there is no database {str(file)!r}; QALIBRATE_DATABASE_URL says where it is")
    address = f"file:{quote(str(file.absolute()))}?mode=ro"
    return sqlite3.connect(address, uri=True, timeout=30, check_same_thread=False)


def _check_schema(connection: sa.Connection) -> None:
    """Raise DatabaseAway unless the last migration that ran is the last one that this version has."""
    ours = ScriptDirectory.from_config(migrations())
    theirs = MigrationContext.configure(connection).get_current_revision()
    if theirs == ours.get_current_head():
        return
    if theirs is None:
        raise DatabaseAway(f"the database holds nothing of this service yet; {_REMEDY}")
    if theirs in {script.revision for script in ours.walk_revisions()}:
        raise DatabaseAway(f"the database has the tables of an older version; {_REMEDY}")
    raise DatabaseAway("the database has the tables of a newer version; use that version of qalibrate")
