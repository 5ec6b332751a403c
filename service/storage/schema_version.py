"""Which version of the tables a database has, and whether it is this program's."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from service.domain.errors import DatabaseAway

_MIGRATIONS = Path(__file__).parent / "migrations"
_REMEDY = "`qalibrate db upgrade`, or starting the service, brings it up to date"


class SchemaVersion(NamedTuple):
    """The last migration that ran in a database, None for an empty one, and the last one that we have."""

    theirs: str | None
    ours: str
    known: frozenset[str]

    @property
    def is_newer(self) -> bool:
        """Whether a later version of this program made the tables."""
        return self.theirs is not None and self.theirs not in self.known

    def check(self) -> None:
        """Raise DatabaseAway unless the tables are of this version, saying what to do."""
        self.refuse_newer()
        self.refuse_older()

    def refuse_older(self) -> None:
        """Raise DatabaseAway when tables or columns that we need are not there yet."""
        if self.theirs is None:
            raise DatabaseAway(f"the database holds nothing of this service yet; {_REMEDY}")
        if self.theirs != self.ours and not self.is_newer:
            numbers = f"{self.theirs}, this version needs {self.ours}"
            raise DatabaseAway(f"the database has the tables of an older version ({numbers}); {_REMEDY}")

    def refuse_newer(self) -> None:
        """Raise DatabaseAway when a later version made the tables: we cannot know what they mean."""
        if self.is_newer:
            numbers = f"{self.theirs}, this version knows tables up to {self.ours}"
            detail = f"the database has the tables of a newer version ({numbers})"
            raise DatabaseAway(f"{detail}; use that version of qalibrate")


def schema_version(connection: sa.Connection) -> SchemaVersion:
    """Return what a database has, and what we have."""
    theirs = MigrationContext.configure(connection).get_current_revision()
    return SchemaVersion(theirs, *_ours())


def migrations() -> Config:
    """Return where Alembic finds our migrations."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


@lru_cache
def _ours() -> tuple[str, frozenset[str]]:
    scripts = ScriptDirectory.from_config(migrations())
    return scripts.get_current_head() or "", frozenset(script.revision for script in scripts.walk_revisions())
