import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.exc import OperationalError

from service.domain.errors import DatabaseAway
from service.storage import migrations
from service.storage.database import Database, reason_of, translated_errors
from service.storage.schema import evaluations, metadata
from service.storage.upgrade import upgrade
from tests.service.cards import make_card, make_redacted

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)


def test_migrations_make_exactly_the_schema(database_url):
    database = Database(database_url)
    upgrade(database, [], NOW)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def upgrade_to(database, revision):
    """Bring an empty database to an older schema, as an older release left it."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_a_database_of_the_first_release_is_upgraded_and_keeps_what_it_holds(database_url):
    database = Database(database_url)
    upgrade_to(database, "0001")
    old = {"entities": {"PERSON": 1}, "policy": "default", "version": "1"}
    with database.begin("a") as tx:
        tx.scorecards.publish(make_card(), NOW)
        tx.connection.execute(sa.insert(evaluations).values(old_row(redaction=old)))
        assert not sa.inspect(tx.connection).has_table("vaults")
    upgrade(database, [], NOW)
    with database.begin("a") as tx:
        kept = tx.evaluations.get("e1")
        assert (kept.redaction.entities, kept.redaction.caught, kept.redaction.answers) == (
            {"PERSON": 1},
            0,
            {},
        )
        assert tx.vaults.get("e1") is None
        tx.vaults.add("e1", b"sealed", NOW)
        assert tx.vaults.get("e1").sealed == b"sealed"


def old_row(**columns):
    return {
        "id": "e1",
        "tenant": "a",
        "status": "queued",
        "scorecard_tenant": "a",
        "scorecard_name": "test-card",
        "scorecard_revision": 1,
        "grader": "signals",
        "language": "en",
        "created_at": NOW,
        "attempts": 0,
        "conversation": make_redacted().model_dump(mode="json"),
        "request_metadata": {},
        **columns,
    }


def test_upgrading_twice_changes_nothing(database_url):
    database = Database(database_url)
    upgrade(database, [make_card()], NOW)
    upgrade(database, [make_card()], NOW)
    with database.begin("someone") as tx:
        assert [(card.name, card.revision) for card in tx.scorecards.list()] == [("test-card", 1)]


def test_several_processes_may_upgrade_at_once(database_url):
    databases = [Database(database_url) for _ in range(4)]
    failures = []

    def run(database):
        try:
            upgrade(database, [make_card()], NOW)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_the_first_connection_to_a_file_waits_for_one_that_uses_it(tmp_path):
    file = tmp_path / "new.db"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE anything (id INTEGER)")
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: (time.sleep(0.2), other.execute("COMMIT")))
        Database(f"sqlite:///{file}").check()


def test_a_changed_builtin_scorecard_becomes_a_new_revision_and_the_old_one_stays(database_url):
    database = Database(database_url)
    upgrade(database, [make_card(pass_mark=50)], NOW)
    upgrade(database, [make_card(pass_mark=60)], NOW)
    with database.begin("someone") as tx:
        assert tx.scorecards.get("test-card").scorecard.pass_mark == 60
        assert tx.scorecards.get("test-card", 1).scorecard.pass_mark == 50


def test_a_database_that_cannot_be_reached_is_said_to_be_away():
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(DatabaseAway):
        database.check()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DatabaseAway, match="no such folder"):
        Database(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}")


def test_an_error_rolls_everything_back(database_url):
    database = Database(database_url)
    upgrade(database, [], NOW)

    def publish_and_break():
        with database.begin("a") as tx:
            tx.scorecards.publish(make_card(), NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        publish_and_break()
    with database.begin("a") as tx:
        assert tx.scorecards.list() == []


def test_sqlite_connections_are_durable_and_patient(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    with database.engine.connect() as connection:
        pragma = {
            name: connection.scalar(sa.text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "busy_timeout")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 30000}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ('FATAL:  password authentication failed for user "q"', "the database refuses our user or password"),
        ("connection refused", "nothing listens at the address of the database"),
        ("anything else", None),
    ],
)
def test_why_a_database_is_away_is_told_in_our_words_where_they_are_known(words, reason):
    with pytest.raises(DatabaseAway) as away, translated_errors():
        raise OperationalError("", {}, Exception(words))
    assert reason_of(away.value) == reason
