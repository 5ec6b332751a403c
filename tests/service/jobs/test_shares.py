"""Whose job comes first."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from service.factory import Factory
from service.jobs import DurableQueue
from service.jobs.shares import GLANCE_S, INTERACTIVE, Lane, Shares
from service.settings import Settings

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)


class Queue:
    """Jobs that wait, by number, and then in the order in which they came."""

    def __init__(self, lane: Lane = INTERACTIVE) -> None:
        self.now = 0.0
        self.shares = Shares(lane, clock=lambda: self.now)
        self.waiting: list[tuple[int, int, str]] = []
        self.came = 0

    def put(self, tenant: str) -> None:
        self.now += 1.1 * GLANCE_S
        self.came += 1
        number = self.shares.number(tenant, lambda: min(self.waiting)[0] if self.waiting else None)
        self.waiting.append((number, self.came, tenant))

    def take(self) -> str:
        first = min(self.waiting)
        self.waiting.remove(first)
        return first[2]


def test_ten_thousand_jobs_of_one_tenant_let_the_one_of_another_pass():
    shares = Shares(INTERACTIVE)
    crowd = [shares.number("crowd", lambda: 1) for _ in range(10_000)]
    assert crowd == list(range(1, 10_001))
    assert shares.number("one", lambda: 1) == 1


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=80))
def test_a_tenant_waits_for_one_job_of_each_other_at_most_before_its_first(steps):
    queue = Queue()
    for tenant in steps:
        if tenant is not None:
            queue.put(tenant)
        elif queue.waiting:
            queue.take()
    queue.put("d")
    taken = []
    while (tenant := queue.take()) != "d":
        taken.append(tenant)
    # One more of each may stand at the very front, with the same number.
    assert all(taken.count(tenant) <= 2 for tenant in "abc")


@given(st.lists(st.sampled_from(["a", "b", None]), max_size=80))
def test_jobs_of_one_tenant_keep_their_order(steps):
    queue = Queue()
    last = {"a": 0, "b": 0}
    for tenant in steps:
        if tenant is not None:
            queue.put(tenant)
        elif queue.waiting:
            first = min(queue.waiting)
            assert queue.take() == first[2]
            assert first[1] > last[first[2]]
            last[first[2]] = first[1]


def test_two_who_always_have_work_get_half_each_whatever_they_brought_before():
    queue = Queue()
    for _ in range(50):
        queue.put("early")
    for _ in range(20):
        queue.take()
    for _ in range(30):
        queue.put("late")
    taken = [queue.take() for _ in range(40)]
    assert abs(taken.count("early") - taken.count("late")) <= 1


def test_a_restarted_process_puts_new_jobs_behind_those_that_wait_already():
    shares = Shares(INTERACTIVE)
    assert shares.number("crowd", lambda: 500, waiting=lambda: 40) == 540
    assert shares.number("crowd", lambda: 500, waiting=lambda: 40) == 541


def test_numbers_start_anew_when_nobody_waits():
    queue = Queue(Lane(1, 40))
    for _ in range(100):
        queue.put("a")
        queue.put("a")
        queue.take()
        queue.take()
    queue.put("a")
    assert queue.waiting[0][0] == 1


def order(database):
    schema = "" if database.is_sqlite else "dbos."
    query = f"SELECT workflow_uuid FROM {schema}workflow_status ORDER BY priority, created_at, workflow_uuid"
    with database.engine.connect() as connection:
        return [row[0] for row in connection.exec_driver_sql(query)]


def test_in_the_database_tenants_take_turns_and_batches_come_last(database_url):
    factory = Factory(Settings(database_url=database_url, redaction_processes=0))
    factory.upgrade_database()
    queue = DurableQueue(factory.database)
    with factory.database.begin("crowd") as tx:
        queue.enqueue(tx, "batch", "batch")
        for number in range(200):
            queue.enqueue(tx, f"crowd-{number:03}")
    with factory.database.begin("small") as tx:
        queue.enqueue(tx, "small-0")
        queue.enqueue(tx, "small-1")
    found = order(factory.database)
    factory.close()
    assert {"small-0", "small-1"} < set(found[:4])
    assert [one for one in found if one.startswith("crowd")] == [
        f"crowd-{number:03}" for number in range(200)
    ]
    assert found[-1] == "batch"
