"""What a worker puts in order by itself."""

import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from service.factory import Factory
from service.jobs import DurableQueue, RequeueLost, engine
from service.jobs.engine import EngineRows
from service.settings import Settings
from service.usecases.tidy import tidy
from tests.running import running_service
from tests.service.cards import conversation
from tests.service.jobs.moody import awaited, eventually, is_final

HOUR_MS = 3_600_000


@pytest.fixture
def factory(database_url):
    made = Factory(Settings(database_url=database_url, redaction_processes=0))
    made.upgrade_database()
    yield made
    made.close()


class Rows:
    """The engine's rows of a database, as a test sees them."""

    def __init__(self, factory):
        self.database = factory.database
        self.store = EngineRows(sqlite=factory.database.is_sqlite)
        self.table = "workflow_status" if factory.database.is_sqlite else "dbos.workflow_status"

    def put(self, *ids):
        queue = DurableQueue(self.database)
        with self.database.begin("t") as tx:
            for one in ids:
                queue.enqueue(tx, one)

    def set(self, job, **values):
        change = ", ".join(f"{name} = :{name}" for name in values)
        with self.database.begin("") as tx:
            tx.connection.execute(
                sa.text(f"UPDATE {self.table} SET {change} WHERE workflow_uuid = :job"),
                values | {"job": job},
            )

    def all(self):
        with self.database.begin("") as tx:
            found = tx.connection.execute(sa.text(f"SELECT workflow_uuid, status FROM {self.table}"))
            return {row[0]: row[1] for row in found}

    def do(self, name, *arguments):
        with self.database.begin("") as tx:
            return getattr(self.store, name)(tx.connection, *arguments)


def test_finished_jobs_are_dropped_in_portions_and_others_stay(factory):
    rows = Rows(factory)
    now = int(time.time() * 1000)
    rows.put("old-1", "old-2", "old-3", "young", "waiting")
    for one in ("old-1", "old-2", "old-3"):
        rows.set(one, status="SUCCESS", completed_at=now - 2 * HOUR_MS)
    rows.set("young", status="SUCCESS", completed_at=now)
    assert rows.do("drop_finished", now - HOUR_MS, 2) == 2
    tidy([lambda: rows.do("drop_finished", now - HOUR_MS, 2)])
    assert set(rows.all()) == {"young", "waiting"}


def test_only_jobs_of_the_dead_are_put_back(factory):
    rows = Rows(factory)
    rows.put("of-dead", "of-living", "waiting", "ended")
    rows.set("of-dead", status="PENDING", executor_id="dead")
    rows.set("of-living", status="PENDING", executor_id="living")
    rows.set("ended", status="SUCCESS", executor_id="dead", completed_at=1)
    assert rows.do("executors") == {"dead", "living"}
    assert rows.do("taken_by", "living") == {"of-living"}
    assert rows.do("put_back", ["dead"]) == 1
    assert rows.do("put_back", ["dead"]) == 0
    known = {"of-dead": "ENQUEUED", "of-living": "PENDING", "waiting": "ENQUEUED", "ended": "SUCCESS"}
    assert rows.all() == known


def test_what_waits_is_found_by_an_index(factory):
    rows = Rows(factory)
    rows.put(*map(str, range(50)))
    assert rows.do("front", engine.GRADING, 1, 100) == 1
    assert rows.do("front", engine.GRADING, 100, 200) is None


def test_a_job_that_the_engine_lost_between_two_steps_is_put_back_and_done(database_url):
    with running_service(database_url=database_url, dead_after_s=2) as service:
        done = service.grade(conversation(), grader="signals")
        rows = Rows(service.factory)
        eventually(lambda: rows.all()[done["id"]] == "SUCCESS")
        # Taken, as the engine has it, by this very process, which knows nothing of it.
        rows.set(done["id"], status="PENDING", executor_id=service.factory.worker.executor_id)
        eventually(lambda: rows.all()[done["id"]] == "SUCCESS")
        assert awaited(service, done["id"], is_final) == done


def test_an_evaluation_whose_job_is_gone_gets_a_new_one_and_others_keep_theirs(database_url):
    with running_service("api", database_url=database_url) as service:
        answers = [
            service.client.post("/v1/evaluations", json={"conversation": conversation()}) for _ in range(3)
        ]
        ids = [answer.json()["id"] for answer in answers]
        assert [service.factory.handover.take(one) for one in ids] == [None] * 3, "nobody here works them off"
        rows = Rows(service.factory)
        rows.do("drop", [ids[0]])
        rows.set(ids[1], status="ERROR", completed_at=1)
        found = RequeueLost(service.factory.database, service.factory.queue, timedelta(0))
        tidy([found])
        assert rows.all() == dict.fromkeys(ids, "ENQUEUED")
