import threading
import time

import psycopg
import pytest
import sqlalchemy as sa

from service.storage.database import Database
from service.storage.silence import ImpatientConnection


class VeryImpatient(ImpatientConnection):
    silence_s = 0.3


def test_a_statement_that_meets_silence_ends_with_its_connection(postgres_url):
    started = time.monotonic()
    with VeryImpatient.connect(postgres_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError, match="silent"):
            connection.execute("SELECT pg_sleep(20)")
        assert connection.closed
    assert time.monotonic() - started < 15


def test_an_answer_that_keeps_coming_is_waited_for(postgres_url):
    with VeryImpatient.connect(postgres_url) as connection, connection.cursor() as cursor:
        rows = cursor.stream("SELECT pg_sleep(0.1), repeat('x', 10000) FROM generate_series(1, 8)")
        assert len(list(rows)) == 8


def test_whoever_only_listens_may_wait(postgres_url):
    with VeryImpatient.connect(postgres_url, autocommit=True) as connection:
        connection.execute("LISTEN news")
        with psycopg.connect(postgres_url, autocommit=True) as other:
            threading.Timer(0.8, other.execute, ["NOTIFY news, 'late'"]).start()
            heard = next(connection.notifies())
    assert heard.payload == "late"


def test_statements_are_bounded_by_the_server_and_connections_by_us(postgres_url):
    with Database(postgres_url).engine.connect() as connection:
        assert isinstance(connection.connection.dbapi_connection, ImpatientConnection)
        assert connection.scalar(sa.text("SHOW statement_timeout")) == "30s"
        parameters = connection.connection.dbapi_connection.info.get_parameters()
    assert {"keepalives_idle", "tcp_user_timeout"} <= parameters.keys()


def test_a_migration_may_take_as_long_as_it_needs(postgres_url):
    with Database(postgres_url).unhurried() as connection:
        assert not isinstance(connection.connection.dbapi_connection, ImpatientConnection)
        assert connection.scalar(sa.text("SHOW statement_timeout")) == "0"
