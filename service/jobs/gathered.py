"""Puts many new jobs in at once: the engine's own statements, each sent once with all of its rows."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa


class _Inserted:
    """What the engine looks at after an insert: the row as it was put in, because nobody had its id."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._mapping = values

    def fetchone(self) -> "_Inserted":
        return self


class Gathered:
    """Stands in for a connection while the engine puts in jobs that are new, and keeps what it would send.

    The engine takes one job at a time and waits for two answers each; under load that is most of what
    accepting costs. On PostgreSQL it sends prepared text, which is what can be gathered; any other statement
    goes through at once, so that nothing depends on how the engine does it.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._kept: dict[str, list[Mapping[str, Any]]] = {}
        self.dialect = connection.dialect

    def send(self) -> None:
        """Send what was kept, in the order in which it first came."""
        for text, rows in self._kept.items():
            self._connection.exec_driver_sql(text, [dict(row) for row in rows])
        self._kept.clear()

    def exec_driver_sql(self, text: str, values: Mapping[str, Any]) -> Any:
        """Keep an insert; tell the engine that it was done."""
        self._kept.setdefault(text, []).append(values)
        return _Inserted(values)

    def execute(self, *statement: Any) -> Any:
        """Send anything else at once."""
        return self._connection.execute(*statement)

    def get_execution_options(self) -> Any:
        """Return those of the connection."""
        return self._connection.get_execution_options()

    def execution_options(self, **options: Any) -> None:
        """Set them on the connection."""
        self._connection.execution_options(**options)
