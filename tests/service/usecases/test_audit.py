"""Noting reads: a moment later, together, once in a while, and never lost on the way out."""

import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from service.domain.audit import AuditFilter
from service.domain.errors import DatabaseAway, InvalidInput
from service.storage.database import Database
from service.storage.upgrade import upgrade
from service.usecases.audit import MOST_WAITING, WRITE_AT, AuditLog, ReadLog

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
NEVER = 3600.0


class Watched(Database):
    """Counts the transactions that write, and may be away."""

    writes = 0
    is_away = False

    @contextmanager
    def begin(self, tenant, *, forgetful=False):
        if self.is_away:
            raise DatabaseAway("away")
        self.writes += 1
        with super().begin(tenant, forgetful=forgetful) as tx:
            yield tx


@pytest.fixture
def database(tmp_path):
    database = Watched(f"sqlite:///{tmp_path / 'x.db'}")
    upgrade(database, [], NOW)
    yield database
    database.is_away = False
    database.close()


def lines_of(database, tenant="a"):
    with Database.begin(database, tenant) as tx:
        return tx.audit.list(AuditFilter(), None, 500)


def eventually(check):
    until = time.monotonic() + 30
    while not check():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_read_has_its_line_a_moment_later(database):
    note = ReadLog(database, write_after_s=0.05)
    note("a", "key-1", "evaluation.read", "e1")
    eventually(lambda: lines_of(database))
    (line,) = lines_of(database)
    assert (line.actor, line.action, line.subject) == ("key-1", "evaluation.read", "e1")
    note.close()


def test_many_reads_are_one_write(database):
    note = ReadLog(database, write_after_s=NEVER)
    for number in range(WRITE_AT):
        note("ab"[number % 2], "key-1", "evaluation.read", f"e{number}")
    eventually(lambda: len(lines_of(database, "b")) == WRITE_AT / 2)
    assert (len(lines_of(database)), database.writes) == (WRITE_AT / 2, 1)
    note.close()


def test_who_asks_again_and_again_leaves_one_line(database):
    note = ReadLog(database, write_after_s=NEVER)
    for _ in range(50):
        note("a", "key-1", "evaluation.read", "e1")
    note("a", "key-2", "evaluation.read", "e1")
    note("a", "key-1", "evaluation.read", "e2")
    note.close()
    assert len(lines_of(database)) == 3


def test_what_waits_is_written_when_the_process_ends(database):
    note = ReadLog(database, write_after_s=NEVER)
    note("a", "key-1", "evaluation.read", "e1")
    assert lines_of(database) == []
    note.close()
    assert len(lines_of(database)) == 1


def test_lines_wait_for_a_database_that_is_away_and_keep_their_time(database):
    note = ReadLog(database, write_after_s=0.02)
    database.is_away = True
    before = datetime.now(UTC)
    note("a", "key-1", "evaluation.read", "e1")
    after = datetime.now(UTC)
    time.sleep(0.2)
    database.is_away = False
    eventually(lambda: lines_of(database))
    assert before <= lines_of(database)[0].at <= after
    note.close()


def test_without_room_for_a_line_nothing_is_given_out(database):
    note = ReadLog(database, write_after_s=NEVER)
    database.is_away = True
    for number in range(MOST_WAITING):
        note("a", "key-1", "evaluation.read", f"e{number}")
    with pytest.raises(DatabaseAway):
        note("a", "key-1", "evaluation.read", "one more")
    note.close()


def test_readers_at_the_same_moment_lose_no_line(database):
    note = ReadLog(database, write_after_s=0.01)

    def read(reader):
        for number in range(100):
            note("a", f"key-{reader}", "evaluation.read", f"e{number}")

    threads = [threading.Thread(target=read, args=(reader,)) for reader in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    note.close()
    assert len({(line.actor, line.subject) for line in lines_of(database)}) == 400
    assert len(lines_of(database)) == 400


def test_reading_the_log_is_a_line_of_it(database):
    log = AuditLog(database)
    assert log.list("a", AuditFilter(subject="e1"), None, 10, "key-9").items == []
    (line,) = log.list("a", AuditFilter(), None, 10, "key-9").items
    assert (line.action, line.actor, line.details) == (
        "audit.read",
        "key-9",
        {"lines": 0, "filters": ["subject"]},
    )


def test_pages_of_the_log_lead_on(database):
    log = AuditLog(database)
    for number in range(5):
        log.list("a", AuditFilter(), None, 1, f"key-{number}")
    seen, cursor = [], log.list("a", AuditFilter(), None, 2, "key-x").next_cursor
    while cursor:
        page = log.list("a", AuditFilter(), cursor, 2, "key-x")
        seen += [line.actor for line in page.items]
        cursor = page.next_cursor
    assert seen == ["key-2", "key-1", "key-0"]
    with pytest.raises(InvalidInput):
        log.list("a", AuditFilter(), "no cursor", 2, "key-x")
