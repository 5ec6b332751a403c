from datetime import timedelta

import pytest
import sqlalchemy as sa

from service.storage.database import Database
from service.storage.upgrade import upgrade
from service.storage.webhooks import DeliveryStore
from tests.service.usecases.webhook_parts import NOW, URL


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    upgrade(database, [], NOW)
    yield database
    database.close()


def add(database, number, tenant="a", minutes=0):
    with database.begin(tenant) as tx:
        at = NOW + timedelta(minutes=minutes)
        tx.deliveries.add(f"msg_{number:032x}", f"{number:032x}", "evaluation.completed", URL, at)


def test_what_is_on_its_way_and_what_was_given_up_is_counted_for_everybody(database):
    for number, tenant in enumerate("aabb"):
        add(database, number, tenant)
    with database.begin("") as tx:
        assert tx.deliveries.counts() == {"pending": 4}


def test_a_page_goes_on_where_the_last_one_ended_also_within_one_moment(database):
    for number in range(5):
        add(database, number)
    with database.begin("a") as tx:
        whole = [one.id for one in tx.deliveries.list(None, None, None, 10)]
        pages, after = [], None
        while found := tx.deliveries.list("pending", None, after, 2):
            pages += [one.id for one in found]
            after = found[-1].created_at, found[-1].id
    assert pages == whole == sorted(whole, reverse=True)


@pytest.mark.parametrize(
    "read",
    [
        lambda store: store.due("msg_0", 1),
        lambda store: store.dead(50),
        lambda store: store.overdue(NOW, NOW, 50),
        lambda store: store.drop_of(["0" * 32]),
    ],
)
def test_no_job_looks_for_anything_without_an_index(tmp_path, read):
    database = Database(f"sqlite:///{tmp_path / 'plans.db'}")
    upgrade(database, [], NOW)
    seen = []

    def note(_connection, _cursor, statement, parameters, *_):
        seen.append((statement, parameters))

    with database.engine.connect() as connection:
        sa.event.listen(connection, "before_cursor_execute", note)
        read(DeliveryStore(connection, "a"))
        sa.event.remove(connection, "before_cursor_execute", note)
        assert seen
        for statement, parameters in seen:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            assert [row.detail for row in plan if row.detail.startswith("SCAN webhook_deliveries")] == [], (
                plan
            )
            assert [row.detail for row in plan if "TEMP B-TREE" in row.detail] == [], plan
    database.close()
