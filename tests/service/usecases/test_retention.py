"""Retention on both databases: by tenant, in portions, never what is young."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from service.domain.audit import AuditFilter
from service.domain.errors import Gone, InvalidInput
from service.storage.database import Database
from service.storage.schema import batch_lines, batches, webhook_deliveries
from service.storage.upgrade import upgrade
from service.usecases.erase import AT_ONCE
from service.usecases.retention import Retention
from tests.service.erasing import erasing
from tests.service.results import keep, own_assessment

NOW = datetime.now(UTC)


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    upgrade(database, [], NOW)
    yield database
    database.close()


def retention(database, days):
    return Retention(database, erasing(database), days)


def graded(database, one, days, tenant="a", done=None):
    keep(database, tenant, one, done, NOW - timedelta(days=days), external_id=f"crm-{one}")


def kept(database, one, tenant="a"):
    with database.begin(tenant) as tx:
        try:
            return tx.evaluations.get(one) is not None
        except Gone:
            return False


def test_what_is_older_than_everybodys_rule_is_erased_and_nothing_younger(database):
    for one, days in (("old", 31), ("young", 29)):
        graded(database, one, days, done=own_assessment())
    graded(database, "theirs", 31, "b", own_assessment())
    done = retention(database, 30).run()
    assert [(one.tenant, one.evaluations) for one in done] == [("a", 1), ("b", 1)]
    assert (kept(database, "old"), kept(database, "young"), kept(database, "theirs", "b")) == (
        False,
        True,
        False,
    )
    assert retention(database, 30).run() == []


def test_without_a_rule_everything_is_kept(database):
    graded(database, "old", 9999, done=own_assessment())
    assert retention(database, None).run() == []
    assert kept(database, "old")


def test_a_tenant_may_have_a_rule_of_its_own(database):
    rules = retention(database, 30)
    for tenant in ("a", "b", "c"):
        graded(database, f"of-{tenant}", 20, tenant, own_assessment())
        graded(database, f"ancient-{tenant}", 400, tenant, own_assessment())
    rules.put("a", 10)
    rules.put("b", None)
    assert [(one.tenant, one.days, one.own) for one in rules.rules()] == [
        ("a", 10, True),
        ("b", None, True),
        ("c", 30, False),
    ]
    done = {one.tenant: one.evaluations for one in rules.run()}
    assert done == {"a": 2, "c": 1}
    rules.drop("b")
    assert [(one.tenant, one.evaluations) for one in rules.due()] == [("b", 1)]
    assert kept(database, "ancient-b", "b")


def test_a_rule_of_its_own_counts_where_there_is_none_for_everybody(database):
    graded(database, "old", 20, done=own_assessment())
    rules = retention(database, None)
    rules.put("a", 10)
    assert [one.evaluations for one in rules.run()] == [1]


@pytest.mark.parametrize("days", [0, -1, 40_000])
def test_a_number_of_days_that_is_none_is_refused(database, days):
    with pytest.raises(InvalidInput):
        retention(database, None).put("a", days)


def test_what_waits_unfinished_for_so_long_is_cancelled_and_erased(database):
    graded(database, "waiting", 31)
    assert [one.evaluations for one in retention(database, 30).run()] == [1]
    with database.begin("") as tx:
        assert tx.evaluations.start_attempt("waiting") is None


def test_more_than_a_portion_is_erased_in_portions_each_with_one_line(database):
    for number in range(3):
        graded(database, f"e{number}", 31 + number, done=own_assessment())
    many(database, AT_ONCE)
    (done,) = retention(database, 30).run()
    assert done.evaluations == AT_ONCE + 3
    with database.begin("a") as tx:
        lines = tx.audit.list(AuditFilter(), None, 50)
    assert {(line.action, line.actor) for line in lines} == {("retention.erased", "service")}
    assert [line.details["evaluations"] for line in lines] == [3, AT_ONCE]


def many(database, count):
    """Copy the first evaluation."""
    with database.begin("a") as tx:
        columns = ", ".join(c for c in columns_of(tx) if c != "id")
        for number in range(count):
            copy = (
                f"INSERT INTO evaluations (id, {columns}) SELECT 'copy-{number}', {columns} FROM evaluations"
            )
            tx.connection.execute(sa.text(f"{copy} WHERE id = 'e0'"))


def columns_of(tx):
    return [column["name"] for column in sa.inspect(tx.connection).get_columns("evaluations")]


def test_a_worker_erases_a_portion_at_a_time_until_nothing_is_left(database):
    graded(database, "e0", 31, done=own_assessment())
    graded(database, "theirs", 31, "b", own_assessment())
    many(database, AT_ONCE)
    chore = retention(database, 30)
    assert [chore() for _ in range(5)] == [AT_ONCE, 1, 1, 0, 0]
    graded(database, "later", 31, done=own_assessment())
    assert [chore() for _ in range(2)] == [1, 0]


def test_what_is_kept_beside_evaluations_goes_with_them(database):
    graded(database, "old", 31, done=own_assessment())
    old, young = NOW - timedelta(days=31), NOW - timedelta(days=2)
    with database.begin("a") as tx:
        for name, at in (("old", old), ("young", young)):
            beside(tx, name, at)
    retention(database, 30).run()
    with database.engine.connect() as connection:
        tables = (webhook_deliveries.c.id, batches.c.id, batch_lines.c.batch_id)
        assert [connection.scalars(sa.select(column)).all() for column in tables] == [["young"]] * 3


def beside(tx, name, at):
    insert = tx.connection.execute
    shared = {"tenant": "a", "created_at": at}
    delivery = {"id": name, "evaluation_id": "e", "event": "x", "url": "y", "status": "delivered"}
    counts = {"jobs_done": 1, "attempts": 1, "failures": 0}
    insert(sa.insert(webhook_deliveries).values(**shared, **delivery, **counts))
    numbers = dict.fromkeys(("accepted", "duplicates", "rejected"), 1)
    insert(
        sa.insert(batches).values(id=name, status="done", receiver="x", updated_at=at, **shared, **numbers)
    )
    insert(
        sa.insert(batch_lines).values(batch_id=name, line=1, tenant="a", body_sha256="x", outcome="accepted")
    )


def test_a_change_of_the_rule_is_in_the_log(database):
    retention(database, None).put("a", 10, by="key-1")
    with database.begin("a") as tx:
        (line,) = tx.audit.list(AuditFilter(), None, 10)
    assert (line.action, line.actor, line.details) == (
        "retention.changed",
        "key-1",
        {"days": 10, "own": True},
    )
