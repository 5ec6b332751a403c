"""Webhooks as they really go: from a running service to a receiver that checks signatures."""

import base64
import time

import pytest

from tests.receiver import receiver
from tests.running import running_service
from tests.service.cards import conversation

DELIVERIES = "/v1/webhooks/deliveries"
OWN = "whsec_" + base64.b64encode(b"k" * 32).decode()


@pytest.fixture(scope="module")
def telling(tmp_path_factory):
    """A service that may call this machine."""
    url = f"sqlite:///{tmp_path_factory.mktemp('hooks') / 'hooks.db'}"
    with running_service(database_url=url, allow_private_callbacks=True, webhook_secret=OWN) as running:
        yield running


def await_status(client, evaluation_id, status):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        items = client.get(DELIVERIES, params={"evaluation": evaluation_id}).json()["items"]
        if items and all(one["status"] == status for one in items):
            return items
        time.sleep(0.05)
    raise AssertionError(items)


def test_a_result_is_told_signed_as_it_is_read(telling):
    with receiver() as there:
        done = telling.grade(conversation(), callback_url=there.url())
        await_status(telling.client, done["id"], "delivered")
    told = next(one.verified(OWN) for one in there.received if b'"evaluation.completed"' in one.body)
    assert told["data"] == telling.client.get(f"/v1/evaluations/{done['id']}").json()
    events = {one.verified(OWN)["type"] for one in there.received}
    assert events - {"review.required"} == {"evaluation.completed"}
    assert ("review.required" in events) == any(g["disposition"] == "needs_review" for g in done["grades"])
    assert len({one.webhook_id for one in there.received}) == len(events)


def test_a_receiver_that_fails_once_is_told_again_under_the_same_id(telling):
    with receiver(statuses=[500, 200]) as there:
        done = telling.grade(conversation(), callback_url=there.url())
        await_status(telling.client, done["id"], "delivered")
    ids = [one.webhook_id for one in there.received]
    assert len(ids) > len(set(ids))
    assert all(one.verified(OWN) for one in there.received)


def test_a_dead_webhook_is_sent_again_when_asked(telling):
    with receiver(statuses=[410]) as there:
        done = telling.grade(conversation(), callback_url=there.url())
        dead = await_status(telling.client, done["id"], "dead")
        assert {one["last_error"]["type"] for one in dead} == {"gone"}
        there.statuses = [200]
        for one in dead:
            assert telling.client.post(f"{DELIVERIES}/{one['id']}/resend").status_code == 202
        again = await_status(telling.client, done["id"], "delivered")
        assert {one["attempts"] for one in again} == {2}
        there.statuses = [410]
        other = telling.grade(conversation(), callback_url=there.url())
        count = len(await_status(telling.client, other["id"], "dead"))
        there.statuses = [204]
        resent = telling.client.post("/v1/webhooks/resend", json={"status": "dead"}).json()
        assert resent == {"resent": count, "more": False}
        await_status(telling.client, other["id"], "delivered")
