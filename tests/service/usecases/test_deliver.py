import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook
from structlog.testing import capture_logs

from service.domain.webhook import RETRY_AFTER_S, Reply
from service.storage.database import Database
from service.storage.schema import evaluations, webhook_deliveries
from service.storage.transaction import Transaction
from service.storage.upgrade import upgrade
from service.usecases.announce import Announce
from service.usecases.deliver import DeliverWebhook
from service.usecases.lanes import LATEST_S, Lanes
from service.usecases.seal import Seal, new_key
from service.usecases.webhook_secrets import WebhookSecrets
from service.usecases.webhooks import Webhooks
from tests.service.usecases.webhook_parts import CARD, NOW, URL, Posted, Queue, announced, not_posted


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    upgrade(database, [CARD], NOW)
    yield database
    database.close()


class House:
    """Everything that delivers, with a queue and a receiver that only note what they get."""

    def __init__(self, database, *answers, secrets=None, lanes=None):
        self.database = database
        self.queue = Queue()
        self.posted = Posted(*answers)
        self.secrets = secrets or WebhookSecrets(database)
        self.deliver = DeliverWebhook(database, self.queue, self.secrets, self.posted, lanes)
        self.webhooks = Webhooks(database, self.queue)

    def run(self, *, jobs=100):
        """Do the jobs in the queue, and those that follow from them, whatever their time."""
        while self.queue.jobs and jobs:
            delivery_id, attempt, _ = self.queue.jobs.pop(0)
            asyncio.run(self.deliver(delivery_id, attempt))
            jobs -= 1

    def only(self, tenant="acme"):
        (one,) = self.webhooks.list(tenant).items
        return one


def test_an_event_is_told_in_the_shape_of_standard_webhooks(database):
    house = House(database)
    evaluation_id = announced(database, house.queue)
    house.run()
    ((url, headers, body),) = house.posted.came
    assert url == URL
    assert headers["host"] == "crm.example"
    assert headers["content-type"] == "application/json"
    (secret,) = house.secrets.show("acme", "test")
    told = Webhook(secret).verify(body, headers)
    assert set(told) == {"type", "timestamp", "data"}
    assert told["type"] == "evaluation.completed"
    assert datetime.fromisoformat(told["timestamp"]).tzinfo is not None
    with database.begin("acme") as tx:
        assert told["data"] == json.loads(tx.evaluations.get(evaluation_id).model_dump_json())
    one = house.only()
    assert (one.id, one.status, one.attempts) == (headers["webhook-id"], "delivered", 1)
    assert (one.next_attempt_at, one.last_error) == (None, None)
    assert one.delivered_at is not None


def test_who_wants_to_be_told_nothing_is_told_nothing(database):
    house = House(database)
    announced(database, house.queue, url=None)
    assert house.queue.jobs == []
    assert house.webhooks.list("acme").items == []


def test_what_is_not_committed_is_not_told(database):
    house = House(database)
    announced(database, house.queue)
    with database.engine.connect() as connection:
        Announce(house.queue)(Transaction(connection, "acme"), house.only().evaluation_id, "review.required")
    assert len(house.queue.jobs) == 2
    house.run()
    assert len(house.posted.came) == 1
    assert house.only().event == "evaluation.completed"


def test_every_attempt_has_the_same_id_and_the_same_bytes(database):
    house = House(database, 500, not_posted("timeout"), Reply(429), 302, 200)
    announced(database, house.queue)
    house.run()
    assert len(house.posted.came) == 5
    assert len({headers["webhook-id"] for _, headers, _ in house.posted.came}) == 1
    assert len({body for _, _, body in house.posted.came}) == 1
    assert (house.only().status, house.only().attempts) == ("delivered", 5)


def test_a_failed_attempt_is_retried_after_growing_pauses_for_a_day_and_then_given_up(database):
    house = House(database, 500)
    announced(database, house.queue)
    pauses = []
    while house.queue.jobs:
        _, attempt, pause = house.queue.jobs[0]
        pauses.append(pause)
        assert attempt == len(pauses)
        house.run(jobs=1)
    assert pauses[0] == 0
    assert pauses[1] == pytest.approx(5, rel=0.1)
    assert pauses == sorted(pauses)
    assert sum(pauses) >= 24 * 3600
    one = house.only()
    assert (one.status, one.attempts, one.next_attempt_at) == ("dead", len(RETRY_AFTER_S) + 1, None)
    assert (one.last_error.type, one.last_error.status) == ("status", 500)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(404, "status"), (301, "redirect"), (not_posted("tls"), "tls"), (RuntimeError("geheim"), "internal")],
)
def test_why_it_failed_is_told_and_it_is_tried_again(database, answer, kind):
    house = House(database, answer, 200)
    announced(database, house.queue)
    with capture_logs() as lines:
        house.run(jobs=1)
    one = house.only()
    assert (one.status, one.last_error.type, one.attempts) == ("pending", kind, 1)
    assert one.next_attempt_at > datetime.now(UTC)
    assert "geheim" not in f"{lines}{one}"
    house.run()
    assert (house.only().status, house.only().last_error) == ("delivered", None)


def test_a_receiver_that_is_gone_is_not_asked_again(database):
    house = House(database, 410)
    announced(database, house.queue)
    house.run()
    assert len(house.posted.came) == 1
    assert (house.only().status, house.only().last_error.type) == ("dead", "gone")


@pytest.mark.parametrize(("asked", "least", "most"), [("90", 90, 100), ("x", 5, 6), ("1e9", 21_600, 21_601)])
def test_a_receiver_may_ask_for_a_longer_pause(database, asked, least, most):
    house = House(database, Reply(503, asked))
    announced(database, house.queue)
    house.run(jobs=1)
    ((_, _, pause),) = house.queue.jobs
    assert least <= pause <= most


def test_a_job_that_is_done_again_changes_nothing(database):
    house = House(database, 500, 200)
    announced(database, house.queue)
    first = house.queue.jobs[0]
    house.run(jobs=1)
    house.queue.jobs.append(first)
    house.run()
    assert len(house.posted.came) == 2
    house.queue.jobs.append((first[0], 2, 0))
    house.run()
    assert len(house.posted.came) == 2
    assert house.only().attempts == 2


async def test_two_workers_with_the_same_job_record_it_once(database):
    house = House(database, 500)
    announced(database, house.queue)
    delivery_id, attempt, _ = house.queue.jobs.pop()
    await asyncio.gather(*(house.deliver(delivery_id, attempt) for _ in range(4)))
    assert house.only().attempts == 1
    assert [job[1] for job in house.queue.jobs] == [2]


def test_what_was_erased_meanwhile_is_not_told(database):
    house = House(database)
    evaluation_id = announced(database, house.queue)
    with database.engine.begin() as connection:
        gone = sa.update(evaluations).where(evaluations.c.id == evaluation_id).values(erased_at=NOW)
        connection.execute(gone)
    house.run()
    assert house.posted.came == []
    assert house.only().status == "dropped"


def test_erasing_drops_what_is_pending_and_forgets_where_it_went(database):
    house = House(database)
    delivered = announced(database, house.queue)
    house.run()
    pending, other = (announced(database, house.queue) for _ in range(2))
    with database.begin("acme") as tx:
        tx.deliveries.drop_of([delivered, pending])
    house.run()
    found = {one.evaluation_id: (one.status, one.url) for one in house.webhooks.list("acme").items}
    assert found[delivered] == ("delivered", "")
    assert found[pending] == ("dropped", "")
    assert found[other][0] == "delivered"


def test_a_lost_key_is_a_reason_and_no_end(database):
    sealing = WebhookSecrets(database, Seal([new_key()]))
    sealing.show("acme", "test")
    house = House(database, secrets=WebhookSecrets(database))
    announced(database, house.queue)
    house.run(jobs=1)
    assert house.posted.came == []
    assert (house.only().status, house.only().last_error.type) == ("pending", "secret-locked")


async def test_a_slow_receiver_leaves_places_to_others(database):
    free = asyncio.Event()

    class Slow(Posted):
        async def __call__(self, url, headers, body):
            if "slow" in url:
                await free.wait()
            return await super().__call__(url, headers, body)

    house = House(database)
    lanes = Lanes(abreast=2, patience_s=0.05)
    deliver = DeliverWebhook(database, house.queue, house.secrets, Slow(), lanes)
    for _ in range(6):
        announced(database, house.queue, url="https://slow.example/hook")
    announced(database, house.queue, url="https://fast.example/hook")
    jobs = [house.queue.jobs.pop(0) for _ in range(7)]
    tasks = [asyncio.create_task(deliver(job[0], job[1])) for job in jobs]
    finished = asyncio.as_completed(tasks, timeout=30)
    for _ in range(5):
        await next(finished)
    put_back = [one for one in house.webhooks.list("acme", status="pending").items if one.attempts == 0]
    assert len(put_back) == 6
    assert [(attempt, 0 < pause <= LATEST_S) for _, attempt, pause in house.queue.jobs] == [(2, True)] * 4
    free.set()
    await asyncio.gather(*tasks)
    for job in list(house.queue.jobs):
        await deliver(job[0], job[1])
    assert {one.status for one in house.webhooks.list("acme").items} == {"delivered"}
    assert {one.attempts for one in house.webhooks.list("acme").items} == {1}


def test_those_who_are_sent_away_come_back_one_after_another():
    async def turns():
        lanes = Lanes(abreast=1, patience_s=0)
        assert await lanes.enter("a") is None
        waits = [await lanes.enter("a") for _ in range(200)]
        assert await lanes.enter("b") is None
        lanes.leave("a", 15)
        return waits

    waits = asyncio.run(turns())
    assert all(1 <= wait <= LATEST_S for wait in waits)
    assert waits[0] < waits[10] < waits[20]


def test_a_dead_one_is_sent_again_under_its_id_with_all_its_retries(database):
    house = House(database, *[500] * (len(RETRY_AFTER_S) + 1), 500, 200)
    announced(database, house.queue)
    house.run()
    dead = house.only()
    assert dead.status == "dead"
    again = house.webhooks.resend("acme", dead.id, "key-1")
    assert (again.status, again.attempts) == ("pending", dead.attempts)
    house.run(jobs=1)
    assert house.queue.jobs[0][2] == pytest.approx(5, rel=0.1)
    house.run()
    assert house.only().status == "delivered"
    assert len({headers["webhook-id"] for _, headers, _ in house.posted.came}) == 1


def test_what_has_lost_its_job_gets_another_and_the_old_one_is_no_longer_valid(database):
    house = House(database)
    announced(database, house.queue)
    (lost,) = house.queue.jobs
    house.queue.jobs.clear()
    assert house.webhooks.requeue_overdue() == 0
    with database.engine.begin() as connection:
        connection.execute(sa.update(webhook_deliveries).values(next_attempt_at=NOW))
    assert house.webhooks.requeue_overdue() == 1
    assert house.webhooks.requeue_overdue() == 0
    house.queue.jobs.append(lost)
    house.run()
    assert len(house.posted.came) == 1
    assert house.only().status == "delivered"


KILLED = asyncio.CancelledError()


@given(
    happens=st.lists(st.sampled_from([500, 200, 410, KILLED, not_posted("timeout")]), max_size=9),
    again=st.lists(st.booleans(), min_size=40, max_size=40),
)
@settings(max_examples=20)
def test_whatever_is_killed_and_done_twice_nothing_is_lost_and_nothing_is_told_after_the_end(
    whatever, happens, again
):
    house = House(whatever, *happens, 200)
    evaluation_id = announced(whatever, house.queue)
    twice = iter(again)
    while house.queue.jobs:
        job = house.queue.jobs.pop(0)
        with suppress(asyncio.CancelledError):
            asyncio.run(house.deliver(job[0], job[1]))
            if not next(twice, False):
                continue
        # Of what was killed the engine does the job again; now and then it does so with one that is done.
        house.queue.jobs.append(job)
    with whatever.begin("acme") as tx:
        (one,) = tx.deliveries.list(None, evaluation_id, None, 10)
    came = len(house.posted.came)
    made = happens[:came] + [200] * (came - len(happens))
    assert one.status == ("dead" if 410 in made else "delivered")
    assert one.attempts == sum(answer is not KILLED for answer in made)
    assert made[-1] in (200, 410)
    assert not {200, 410} & {answer for answer in made[:-1] if isinstance(answer, int)}
    assert len({headers["webhook-id"] for _, headers, _ in house.posted.came}) == 1


@pytest.fixture(scope="module")
def whatever(tmp_path_factory):
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('hooks') / 'hooks.db'}")
    upgrade(database, [CARD], NOW)
    yield database
    database.close()
