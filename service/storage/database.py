"""One engine for our tables and the job engine's, set up so that both are safe on SQLite and PostgreSQL."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random_exponential

from service.domain.errors import Conflict, DatabaseAway, StorageFull
from service.storage.schema_version import SchemaVersion, schema_version
from service.storage.transaction import Transaction

# SQLite writes from one process at a time; more connections only wait for each other.
SQLITE_POOL = 4
POSTGRES_POOL = 20
# For so long others may not write while a checkpoint waits for who still reads what is to be overwritten.
CHECKPOINT_MS = 500
_BUSY_MS = 30_000
# A frozen process must not hold row locks for long: the fleet would stand still with it.
IDLE_IN_TRANSACTION_MS = 10_000
# Statements of ours and of the job engine take milliseconds; a lock must not hold a thread for ever.
STATEMENT_MS = 30_000
# A network that swallows everything: noticed after 10 s + 3 x 5 s, or when what was sent is not acknowledged.
KEEPALIVES = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


# What PostgreSQL calls it: disk_full of class 53, insufficient resources.
_DISK_FULL = "53100"


class Database:
    """The connection pool of one process."""

    def __init__(self, url: str) -> None:
        self.url = normalised_url(url)
        self.engine = _sqlite_engine(self.url) if self.is_sqlite else _postgres_engine(self.url)
        self.forgetful_engine = self.engine.execution_options(forgetful=True)
        """For what a power cut may undo, because it would only be done again: who works on what."""

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database: one file, one process."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """The SQLite file, or None."""
        return Path(self.url.database or "") if self.is_sqlite else None

    @contextmanager
    def begin(self, tenant: str, *, forgetful: bool = False) -> Iterator[Transaction]:
        """Open a transaction confined to `tenant`: committed at the end, rolled back on an error.

        What is committed survives a power cut, unless it is `forgetful`: then it does once a later one that
        is not is committed. Raises DatabaseAway when the database cannot be reached.
        """
        engine = self.forgetful_engine if forgetful else self.engine
        with translated_errors(), engine.begin() as connection:
            yield Transaction(connection, tenant)

    @contextmanager
    def unhurried(self) -> Iterator[sa.Connection]:
        """Open a transaction that may take as long as it needs, such as a migration of a large table."""
        if self.is_sqlite:
            with translated_errors(), self.engine.begin() as connection:
                yield connection
            return
        engine = _postgres_engine(self.url, hurried=False)
        try:
            with translated_errors(), engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()

    def check(self) -> None:
        """Raise DatabaseAway unless the database answers."""
        with translated_errors(), self.engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))

    def version(self) -> SchemaVersion:
        """Return which version of the tables it has. Raises DatabaseAway."""
        with translated_errors(), self.engine.connect() as connection:
            return schema_version(connection)

    def settle(self) -> bool:
        """Empty SQLite's write-ahead log, which holds what was deleted; return whether it is empty.

        It waits for readers for CHECKPOINT_MS at most, and raises nothing: a worker tries again.
        """
        if not self.is_sqlite:
            return True
        with suppress(DatabaseAway, StorageFull), translated_errors(), self.engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={CHECKPOINT_MS}")
            try:
                row = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY_MS}")
            return not row[0]
        return False

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn the driver's errors into ours: DatabaseAway when out of reach, StorageFull when there is no room,
    Conflict for a duplicate.
    """
    try:
        yield
    except IntegrityError as error:
        raise Conflict("somebody else wrote the same thing at the same moment; try again") from error
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        if isinstance(error, OperationalError) and _is_full(error):
            raise StorageFull from error
        raise DatabaseAway("the database cannot be reached or did not answer in time") from error
    except DatabaseError as error:
        if "not a database" in str(error.orig):
            raise DatabaseAway(
                "the file that QALIBRATE_DATABASE_URL names is not an SQLite database"
            ) from error
        raise
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseAway("the connection to the database was lost") from error
        raise


# What drivers say, in their own words only as far as we know them: they may quote an address.
_SAID = (
    ("authentication failed", "the database refuses our user or password"),
    ("no password supplied", "the database wants a password, and there is none in the address or PGPASSWORD"),
    ("does not exist", "the server is there; the database or the user is not"),
    ("too many clients", "the database has no connection left; raise max_connections"),
    ("refused", "nothing listens at the address of the database"),
    ("resolve host", "the host of the database has no address (DNS)"),
    ("not known", "the host of the database has no address (DNS)"),
    ("timeout", "the database did not answer in time; check the network, a firewall"),
)


def reason_of(away: DatabaseAway) -> str | None:
    """Return why the database cannot be reached, for who runs the service, where the driver's words tell."""
    said = str(away.__cause__)
    return next((meaning for words, meaning in _SAID if words in said), None)


def _is_full(error: OperationalError) -> bool:
    """Whether the server or SQLite found no room on the disk."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_FULL or getattr(error.orig, "sqlstate", None) == _DISK_FULL


def normalised_url(url: str) -> sa.URL:
    """Return the SQLAlchemy URL of a URL as people write it: plain `postgresql://` means psycopg."""
    parsed = sa.make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def _postgres_engine(url: sa.URL, *, hurried: bool = True) -> sa.Engine:
    options = f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_MS}"
    options += f" -c statement_timeout={STATEMENT_MS}" if hurried else ""
    engine = sa.create_engine(
        url,
        pool_size=POSTGRES_POOL,
        max_overflow=POSTGRES_POOL,
        pool_pre_ping=True,
        pool_timeout=10,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            "options": options,
            "application_name": "qalibrate",
            **KEEPALIVES,
        },
    )
    if hurried:
        event.listen(engine, "do_connect", _connect_impatiently)
    return engine


def _connect_impatiently(_dialect: Any, _record: Any, args: Any, options: Any) -> Any:
    # Imported here: on SQLite nobody needs the driver.
    from service.storage.silence import ImpatientConnection

    return ImpatientConnection.connect(*args, **options)


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    folder = Path(url.database or "").absolute().parent
    if not folder.is_dir():
        raise DatabaseAway(f"QALIBRATE_DATABASE_URL is a file in {folder}, and there is no such folder")
    if Path(url.database or "").is_dir():
        raise DatabaseAway(f"QALIBRATE_DATABASE_URL names {url.database}, which is a folder and no file")
    engine = sa.create_engine(
        url,
        poolclass=sa.QueuePool,
        pool_size=SQLITE_POOL,
        max_overflow=0,
        pool_timeout=30,
        hide_parameters=True,
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _choose_durability)
    return engine


def _choose_durability(connection: sa.Connection) -> None:
    """Wait for the disk at the end of this transaction, or leave that to the next one that does."""
    driver: Any = connection.connection.dbapi_connection
    how = "NORMAL" if connection.get_execution_options().get("forgetful") else "FULL"
    driver.execute(f"PRAGMA synchronous={how}")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = "IMMEDIATE"
    connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    _use_write_ahead_log(connection)
    # What is deleted is overwritten, not only marked as free.
    for pragma in ("foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    if sqlite3.sqlite_version_info < (3, 42):
        # The job engine's schema uses unixepoch('subsec'), which older SQLite answers with NULL.
        connection.create_function("unixepoch", -1, lambda *_: round(time.time(), 3))


@retry(
    retry=retry_if_exception_type(sqlite3.OperationalError),
    wait=wait_random_exponential(multiplier=0.01, max=0.5),
    stop=stop_after_delay(30),
    reraise=True,
)
def _use_write_ahead_log(connection: Any) -> None:
    # SQLite's own waiting does not cover the change of a new file's journal: two first connections
    # at once would see "database is locked" without a pause.
    connection.execute("PRAGMA journal_mode=WAL")
