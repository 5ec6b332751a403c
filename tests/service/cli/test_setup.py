import sqlite3

import pytest

READING = (
    ("keys", "list"),
    ("audit",),
    ("webhooks", "list"),
    ("webhooks", "dead"),
    ("retention", "show"),
    ("retention", "run", "--dry-run"),
    ("vault", "purge"),
    ("labels", "plan", "--scorecard", "inbound-service"),
    ("calibrate", "--scorecard", "inbound-service"),
)
WRITING = (
    ("keys", "create"),
    ("retention", "set", "--days", "30"),
    ("webhooks", "secret"),
    ("scorecard", "list"),
)


@pytest.fixture
def older(qalibrate, tmp_path):
    """The file of a database that an older version made."""
    qalibrate("db", "upgrade")
    file = tmp_path / "cli.db"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0004'")
    return file


def version(file) -> str:
    with sqlite3.connect(file) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_command_that_reads_makes_no_database(qalibrate, tmp_path, command):
    ran = qalibrate(*command)
    assert ran.code == 3
    assert "there is no database" in ran.err
    assert list(tmp_path.glob("*.db*")) == []


@pytest.mark.parametrize("command", WRITING, ids=" ".join)
def test_a_first_command_makes_the_database(qalibrate, tmp_path, command):
    assert qalibrate(*command).code == 0
    assert (tmp_path / "cli.db").exists()


@pytest.mark.parametrize("command", [*READING, *WRITING], ids=" ".join)
def test_no_command_but_the_upgrade_touches_an_older_database(qalibrate, older, command):
    ran = qalibrate(*command)
    assert ran.code == 3
    assert "older version (0004" in ran.err
    assert "`qalibrate db upgrade`" in ran.err
    assert version(older) == "0004"


@pytest.mark.parametrize(
    "command", [("audit",), ("webhooks", "list"), ("retention", "set", "--days", "30")], ids=" ".join
)
def test_a_tenant_that_nobody_has_a_key_of_may_be_a_typo(qalibrate, command):
    qalibrate("keys", "create", "--tenant", "acme")
    said = "warning: no key belongs to tenant 'acmee'; did you mean 'acme'?"
    assert said in qalibrate(*command, "--tenant", "acmee").err
    assert "warning" not in qalibrate(*command, "--tenant", "acme").err


def test_a_database_that_refuses_or_is_not_there_says_so_and_where_more_is_told(monkeypatch, qalibrate):
    monkeypatch.setenv("QALIBRATE_DATABASE_URL", "postgresql://someone:hidden@127.0.0.1:1/none")
    for command in (("keys", "list"), ("keys", "create"), ("db", "upgrade")):
        ran = qalibrate(*command)
        assert ran.code == 3
        assert "nothing listens at the address of the database" in ran.err
        assert "qalibrate doctor" in ran.err
        assert "hidden" not in ran.err
