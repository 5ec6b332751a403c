"""A webhook survives the process that sends it."""

import os

from service.factory import Factory
from service.settings import Settings
from tests.receiver import receiver
from tests.running import running_service
from tests.service.cards import conversation
from tests.service.test_jobs import client_of, process


def test_a_webhook_that_was_being_sent_when_its_process_was_killed_is_sent_again_under_its_id(tmp_path):
    url = f"sqlite:///{tmp_path / 'jobs.db'}"
    factory = Factory(Settings(database_url=url))
    factory.upgrade_database()
    (secret,) = factory.webhook_secrets.show("default", "test")
    settings = {"QALIBRATE_DATABASE_URL": url, "QALIBRATE_ALLOW_PRIVATE_CALLBACKS": "true"}
    with receiver(pause_s=10) as there:
        with process(os.environ | settings | {"QALIBRATE_REDACTION_PROCESSES": "0"}) as first:
            body = {"conversation": conversation(), "callback_url": there.url()}
            assert client_of(first.url, factory).post("/v1/evaluations", json=body).status_code == 202
            before = {one.webhook_id for one in there.awaited(1, seconds=60)}
            first.kill()
        there.pause_s = 0
        told = len(there.received)
        with running_service(database_url=url, allow_private_callbacks=True):
            there.awaited(told + len(before), seconds=60)
        after = {one.webhook_id for one in there.received[told:]}
    assert before <= after
    assert {one.verified(secret)["data"]["status"] for one in there.received} == {"completed"}
