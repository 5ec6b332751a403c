from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import event

from service.storage.database import Database
from service.storage.schema import evaluations
from service.storage.upgrade import upgrade
from service.usecases.workload import WorkloadReader
from tests.service.cards import make_redacted

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)


def row(number: int, **columns):
    return {
        "id": f"e{number}",
        "tenant": f"tenant-{number % 3}",
        "status": "queued",
        "scorecard_tenant": "",
        "scorecard_name": "inbound-service",
        "scorecard_revision": 1,
        "grader": "signals",
        "language": "en",
        "created_at": NOW - timedelta(minutes=number),
        "attempts": 0,
        "conversation": make_redacted().model_dump(mode="json"),
        "redaction": {},
        "request_metadata": {},
        "priority": "interactive",
        "waiting": None,
        **columns,
    }


def filled(url: str) -> Database:
    database = Database(url)
    upgrade(database, [], NOW)
    rows = [
        row(1),
        row(2, waiting={"type": "model-away"}),
        row(3, priority="batch"),
        row(4, status="running"),
        row(5, status="completed", waiting={"type": "model-away"}),
        row(6, status="cancelled"),
    ]
    with database.begin("") as tx:
        tx.connection.execute(sa.insert(evaluations), rows)
        tx.heartbeats.beat("alive", datetime.now(UTC))
        tx.heartbeats.beat("silent", datetime.now(UTC) - timedelta(minutes=5))
    return database


def test_what_all_tenants_wait_for_is_counted_by_status_and_priority(database_url):
    database = filled(database_url)
    found = WorkloadReader(database, dead_after_s=30).read()
    counted = {(one.status, one.priority): (one.evaluations, one.oldest) for one in found.unfinished}
    assert counted == {
        ("queued", "batch"): (1, NOW - timedelta(minutes=3)),
        ("queued", "interactive"): (2, NOW - timedelta(minutes=2)),
        ("running", "interactive"): (1, NOW - timedelta(minutes=4)),
    }
    assert found.parked == 1
    assert found.workers == (None if database.is_sqlite else 1)


def test_no_row_is_read_for_it_but_those_that_are_parked(tmp_path):
    database, seen = filled(f"sqlite:///{tmp_path / 'x.db'}"), []
    event.listen(database.engine, "before_cursor_execute", lambda *sent: seen.append(sent[2:4]))
    WorkloadReader(database, dead_after_s=30).read()
    with database.engine.connect() as connection:
        plans = [
            step[3]
            for statement, parameters in list(seen)
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            if "evaluations" in step[3] or "deliveries" in step[3]
        ]
    assert len(plans) == 3
    # SQLite looks into the row to see what the condition of the index says already.
    covered = [step for step in plans if "evaluations_parked" not in step]
    assert all("USING COVERING INDEX" in step for step in covered), plans


async def test_a_database_that_is_away_is_no_error(tmp_path):
    reader = WorkloadReader(Database("postgresql://nobody@127.0.0.1:1/none"), dead_after_s=30)
    assert await reader() is None
    assert await reader() is None
