"""The audit log on both databases: lines come in, and no SQL gets them out or changes them."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from service.domain.audit import AuditEntry, AuditFilter
from service.storage.database import Database
from service.storage.upgrade import upgrade

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    upgrade(database, [], NOW)
    yield database
    database.close()


def entry(minutes=0, **fields):
    known = {"actor": "key-1", "action": "evaluation.read", "subject": "e1"}
    return AuditEntry(at=NOW + timedelta(minutes=minutes), **{**known, **fields})


def add(database, *entries, tenant="a"):
    with database.begin(tenant) as tx:
        tx.audit.add(*entries)


def listed(database, **wanted):
    with database.begin("a") as tx:
        lines = tx.audit.list(AuditFilter(**wanted), None, 50)
    return [(line.subject, line.action) for line in lines]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'nobody'",
        "UPDATE audit_log SET details = '{}' WHERE id = 1",
        "DELETE FROM audit_log",
        "DELETE FROM audit_log WHERE id = 1",
        (
            "INSERT OR REPLACE INTO audit_log (id, tenant, at, actor, action, subject, details) "
            "VALUES (1, 'a', '2026-11-02', 'nobody', 'evaluation.read', 'e1', '{}')"
        ),
        (
            "INSERT INTO audit_log (id, tenant, at, actor, action, subject, details) "
            "VALUES (1, 'a', '2026-11-02', 'nobody', 'evaluation.read', 'e1', '{}') "
            "ON CONFLICT (id) DO UPDATE SET actor = 'nobody'"
        ),
        "TRUNCATE audit_log",
    ],
)
def test_no_statement_changes_or_drops_a_line(database, statement):
    add(database, entry())
    foreign = "TRUNCATE" if database.is_sqlite else "OR REPLACE"
    if foreign in statement:
        pytest.skip("this database has no such statement")
    with (
        pytest.raises(DBAPIError, match=r"audit log is append-only|UNIQUE|duplicate"),
        database.engine.begin() as connection,
    ):
        connection.execute(sa.text(statement))
    with database.begin("a") as tx:
        (line,) = tx.audit.list(AuditFilter(), None, 10)
    assert (line.actor, line.subject) == ("key-1", "e1")


def test_a_line_is_there_when_and_only_when_the_change_is(database):
    def break_off():
        with database.begin("a") as tx:
            tx.audit.add(entry())
            raise LookupError

    with pytest.raises(LookupError):
        break_off()
    assert listed(database) == []


def test_the_latest_line_comes_first_and_what_is_asked_for(database):
    add(database, entry(0), entry(2, subject="e2", actor="key-2"), entry(1, action="evaluation.erased"))
    assert listed(database) == [
        ("e2", "evaluation.read"),
        ("e1", "evaluation.erased"),
        ("e1", "evaluation.read"),
    ]
    assert listed(database, subject="e2") == [("e2", "evaluation.read")]
    assert listed(database, actor="key-2") == [("e2", "evaluation.read")]
    assert listed(database, action="evaluation.erased") == [("e1", "evaluation.erased")]
    assert listed(database, from_=NOW + timedelta(minutes=2)) == [("e2", "evaluation.read")]
    assert listed(database, to=NOW + timedelta(minutes=1)) == [("e1", "evaluation.read")]


def test_each_tenant_has_a_log_of_its_own(database):
    add(database, entry(), tenant="b")
    assert listed(database) == []


def test_pages_join_without_gap_or_overlap_even_at_the_same_moment(database):
    add(database, *(entry(subject=f"e{number}") for number in range(7)))
    seen, after = [], None
    with database.begin("a") as tx:
        while page := tx.audit.list(AuditFilter(), after, 3):
            seen += [line.subject for line in page]
            after = page[-1].at, page[-1].id
    assert seen == [f"e{number}" for number in reversed(range(7))]
