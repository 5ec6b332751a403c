"""Looks for words in everything that a database holds, on disk where it is a file."""

from collections.abc import Collection

import sqlalchemy as sa

from service.storage.database import Database


def remains_of(words: Collection[str], database: Database) -> set[str]:
    """Return those of `words` that stand somewhere in the database, as text, JSON or bytes."""
    held = _bytes_of_file(database) if database.is_sqlite else _rows_of_server(database)
    return {word for word in words if any(form in held for form in _forms(word))}


def _forms(word: str) -> set[bytes]:
    plain = word.encode()
    return {plain, ascii(word)[1:-1].encode(), plain.hex().encode()}


def _bytes_of_file(database: Database) -> bytes:
    assert database.file is not None
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    wal = database.file.with_name(database.file.name + "-wal")
    return database.file.read_bytes() + (wal.read_bytes() if wal.exists() else b"")


def _rows_of_server(database: Database) -> bytes:
    held = []
    with database.engine.connect() as connection:
        for schema in sa.inspect(connection).get_schema_names():
            if schema == "information_schema":
                continue
            for table in sa.inspect(connection).get_table_names(schema=schema):
                rows = connection.exec_driver_sql(f'SELECT held::text FROM "{schema}"."{table}" AS held')
                held += [row[0].encode() for row in rows]
    return b"\n".join(held)
