"""Reads a database while the service may be at work on it: no lock, no migration, no new file."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from service.domain.errors import DatabaseAway
from service.storage.database import normalised_url, translated_errors
from service.storage.schema_version import schema_version
from service.storage.transaction import Transaction


class ReadOnlyDatabase:
    """Opens a connection for each transaction, and refuses a schema that is not this version's."""

    def __init__(self, url: str) -> None:
        self._url = normalised_url(url)

    @property
    def file(self) -> Path | None:
        """The SQLite file, or None."""
        return Path(self._url.database or "") if self._url.get_backend_name() == "sqlite" else None

    @contextmanager
    def begin(self, tenant: str) -> Iterator[Transaction]:
        """Open a transaction confined to `tenant` in which nothing can be written.

        Raises DatabaseAway when there is no such database, it cannot be reached, or its schema is another
        version's.
        """
        with self.look(tenant) as tx:
            schema_version(tx.connection).check()
            yield tx

    @contextmanager
    def look(self, tenant: str) -> Iterator[Transaction]:
        """Open such a transaction whatever version the tables are of. Raises DatabaseAway."""
        engine = self._engine()
        try:
            with translated_errors(), engine.connect() as connection:
                yield Transaction(connection, tenant)
        finally:
            engine.dispose()

    def _engine(self) -> sa.Engine:
        file = self.file
        if file is not None:
            return sa.create_engine("sqlite://", creator=lambda: _open(file), poolclass=sa.NullPool)
        options = {"connect_timeout": 5, "options": "-c default_transaction_read_only=on"}
        return sa.create_engine(self._url, connect_args=options, poolclass=sa.NullPool, hide_parameters=True)


def _open(file: Path) -> sqlite3.Connection:
    if not file.is_file():
        raise DatabaseAway(f"there is no database {str(file)!r}; QALIBRATE_DATABASE_URL says where it is")
    address = f"file:{quote(str(file.absolute()))}?mode=ro"
    return sqlite3.connect(address, uri=True, timeout=30, check_same_thread=False)
