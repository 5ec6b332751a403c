from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from service.domain.errors import DatabaseAway
from service.storage.database import Database
from service.storage.reading import ReadOnlyDatabase
from service.storage.upgrade import upgrade
from tests.service.cards import make_card

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    upgrade(database, [make_card()], NOW)
    yield database
    database.close()


def test_it_sees_what_is_committed_while_somebody_else_writes(database, database_url):
    reading = ReadOnlyDatabase(database_url)
    with database.begin("a") as writing:
        writing.scorecards.publish(make_card(name="unfinished"), NOW)
        with reading.begin("a") as tx:
            assert [card.name for card in tx.scorecards.list()] == ["test-card"]
    with reading.begin("a") as tx:
        assert [card.name for card in tx.scorecards.list()] == ["test-card", "unfinished"]


def test_nothing_can_be_written_through_it(database, database_url):
    refused = (DatabaseAway, sa.exc.DBAPIError)
    with pytest.raises(refused), ReadOnlyDatabase(database_url).begin("a") as tx:
        tx.scorecards.publish(make_card(name="another"), NOW)
    with database.begin("a") as tx:
        assert tx.scorecards.get("another") is None


def test_a_schema_of_another_version_is_told_of_and_stays(database, database_url):
    with database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseAway, match="newer version"), ReadOnlyDatabase(database_url).begin("a"):
        pass
    with database.engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "9999"


def test_a_file_that_is_not_there_is_not_made(tmp_path):
    file = tmp_path / "none.db"
    with (
        pytest.raises(DatabaseAway, match="there is no database"),
        ReadOnlyDatabase(f"sqlite:///{file}").begin(""),
    ):
        pass
    assert not file.exists()


def test_a_server_that_is_away_is_told_of():
    away = ReadOnlyDatabase("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(DatabaseAway), away.begin(""):
        pass


def test_a_path_with_signs_that_mean_something_in_an_address_is_a_path(tmp_path):
    file = tmp_path / "a #1 100%? б.db"
    file.write_bytes(b"")
    url = str(sa.URL.create("sqlite", database=str(file)))
    with pytest.raises(DatabaseAway, match="holds nothing"), ReadOnlyDatabase(url).begin(""):
        pass
