import base64

import pytest
import sqlalchemy as sa

from service.factory import Factory
from service.settings import read_settings
from service.storage.schema import audit_log, webhook_deliveries
from service.usecases.seal import new_key
from tests.service.usecases.webhook_parts import CARD, NOW, Queue, announced

OWN = "whsec_" + base64.b64encode(b"k" * 32).decode()


@pytest.fixture
def house(qalibrate):
    """The database that the commands work on."""
    factory = Factory(read_settings())
    factory.upgrade_database()
    with factory.database.begin("") as tx:
        tx.scorecards.publish(CARD, NOW)
    yield factory
    factory.close()


def test_a_secret_stands_alone_on_standard_output_and_stays_the_same(qalibrate):
    qalibrate("keys", "create", "--tenant", "acme")
    first = qalibrate("webhooks", "secret", "--tenant", "acme")
    assert first.code == 0
    assert first.err == ""
    assert first.out.startswith("whsec_")
    again = qalibrate("webhooks", "secret", "--tenant", "acme", "--format", "json")
    assert again.lines == [{"tenant": "acme", "secret": first.out.strip(), "also_signing": []}]
    assert qalibrate("webhooks", "secret").out != first.out


def test_rotating_tells_the_new_secret_and_what_else_signs(qalibrate):
    old = qalibrate("webhooks", "secret").out.strip()
    rotated = qalibrate("webhooks", "secret", "--rotate", "--format", "json").lines[0]
    assert rotated["also_signing"] == [old]
    dropped = qalibrate("webhooks", "secret", "--rotate", "--drop-old", "--format", "json").lines[0]
    assert dropped["also_signing"] == []
    assert len({old, rotated["secret"], dropped["secret"]}) == 3
    assert qalibrate("webhooks", "secret", "--drop-old").code == 2


def test_the_configured_secret_is_told_and_cannot_be_rotated_here(qalibrate, monkeypatch):
    monkeypatch.setenv("QALIBRATE_WEBHOOK_SECRET", OWN)
    assert qalibrate("webhooks", "secret").out.strip() == OWN
    refused = qalibrate("webhooks", "secret", "--rotate")
    assert (refused.code, refused.out) == (2, "")
    assert "QALIBRATE_WEBHOOK_SECRET" in refused.err


def test_a_secret_whose_key_is_lost_says_which_variable(qalibrate, monkeypatch):
    monkeypatch.setenv("QALIBRATE_SECRET_KEY", new_key())
    assert qalibrate("webhooks", "secret").code == 0
    monkeypatch.setenv("QALIBRATE_SECRET_KEY", new_key())
    lost = qalibrate("webhooks", "secret")
    assert (lost.code, lost.out) == (3, "")
    assert "QALIBRATE_SECRET_KEY" in lost.err


def test_what_is_no_tenant_is_bad_input(qalibrate):
    assert qalibrate("webhooks", "secret", "--tenant", "No Tenant").code == 2


def test_dead_webhooks_are_listed_and_sent_again_and_it_is_noted(qalibrate, house):
    queue = Queue()
    for _ in range(3):
        announced(house.database, queue)
    with house.database.engine.begin() as connection:
        two = webhook_deliveries.c.id.in_([job[0] for job in queue.jobs[:2]])
        connection.execute(sa.update(webhook_deliveries).where(two).values(status="dead"))
    listed = qalibrate("webhooks", "list", "--tenant", "acme", "--format", "json").lines
    assert [one["status"] for one in listed] == ["pending", "dead", "dead"]
    dead = qalibrate("webhooks", "dead", "--tenant", "acme", "--limit", "1", "--format", "json").lines
    assert len(dead) == 1
    assert dead[0]["id"] in qalibrate("webhooks", "list", "--tenant", "acme", "--status", "dead").out
    assert qalibrate("webhooks", "resend", dead[0]["id"]).code == 2
    assert qalibrate("webhooks", "resend", dead[0]["id"], "--tenant", "acme").code == 0
    assert qalibrate("webhooks", "resend", "--dead", "--tenant", "acme").err.endswith(
        "1 on their way again\n"
    )
    assert qalibrate("webhooks", "dead", "--tenant", "acme", "--format", "json").lines == []
    with house.database.engine.connect() as connection:
        actions = connection.execute(sa.select(audit_log.c.action, audit_log.c.actor)).all()
    assert actions == [("webhook.resent", "command-line")] * 2


def test_which_to_send_again_has_to_be_said(qalibrate):
    assert qalibrate("webhooks", "resend").code == 2
    assert qalibrate("webhooks", "resend", "msg_1", "--dead").code == 2
