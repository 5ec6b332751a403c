import base64
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from service.domain.errors import InvalidInput, QalibrateError, SecretLocked
from service.settings import InvalidSettings, Settings, read_settings
from service.storage.database import Database
from service.storage.schema import audit_log, webhook_secrets
from service.storage.upgrade import upgrade
from service.usecases.seal import Seal, new_key
from service.usecases.webhook_secrets import WebhookSecrets
from tests.service.usecases.test_deliver import House
from tests.service.usecases.webhook_parts import NOW, announced

OWN = "whsec_" + base64.b64encode(b"k" * 32).decode()


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    upgrade(database, [], NOW)
    yield database
    database.close()


def stored(database):
    with database.engine.connect() as connection:
        return list(connection.execute(sa.select(webhook_secrets.c.secret)).scalars())


def test_a_tenant_gets_a_secret_when_it_is_first_needed_and_keeps_it(database):
    secrets = WebhookSecrets(database)
    (mine,) = secrets.show("acme", "me")
    assert 24 <= len(base64.b64decode(mine.removeprefix("whsec_"))) <= 64
    assert secrets.show("acme", "me") == [mine]
    assert secrets.show("other", "me") != [mine]


def test_many_who_need_the_first_one_at_once_get_the_same(database):
    secrets, found = WebhookSecrets(database), []
    threads = [
        threading.Thread(target=lambda: found.append(tuple(secrets.show("acme", "me")))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_the_old_secret_signs_beside_the_new_one_for_a_day(database):
    secrets = WebhookSecrets(database)
    (old,) = secrets.show("acme", "me")
    new, still = secrets.rotate("acme", "me")
    assert still == old
    house = House(database, secrets=secrets)
    with database.engine.begin() as connection:
        announced_card(connection)
    announced(database, house.queue)
    house.run()
    ((_, headers, body),) = house.posted.came
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (new, old):
        assert Webhook(secret).verify(body, headers)["type"] == "evaluation.completed"
    with database.begin("acme") as tx:
        assert [*tx.webhook_secrets.signing(NOW + timedelta(days=900))] == [new]


def announced_card(connection):
    from service.storage.transaction import Transaction
    from tests.service.usecases.webhook_parts import CARD

    Transaction(connection, "").scorecards.publish(CARD, NOW)


def test_rotating_twice_leaves_three_that_sign(database):
    secrets = WebhookSecrets(database)
    (first,) = secrets.show("acme", "me")
    second, _ = secrets.rotate("acme", "me")
    third, *before = secrets.rotate("acme", "me")
    assert set(before) == {first, second}
    assert third not in before


def test_a_stolen_secret_can_be_dropped_at_once(database):
    secrets = WebhookSecrets(database)
    (stolen,) = secrets.show("acme", "me")
    secrets.rotate("acme", "me")
    (only,) = secrets.rotate("acme", "me", old_signs_for=timedelta())
    assert only != stolen
    assert secrets.show("acme", "me") == [only]


def test_secrets_are_sealed_where_there_is_a_key_and_only_it_opens_them(database):
    key = new_key()
    secrets = WebhookSecrets(database, Seal([key]))
    (mine,) = secrets.show("acme", "me")
    assert mine.removeprefix("whsec_") not in str(stored(database))
    assert WebhookSecrets(database, Seal([new_key(), key])).show("acme", "me") == [mine]
    for other in (WebhookSecrets(database), WebhookSecrets(database, Seal([new_key()]))):
        with pytest.raises(SecretLocked, match="QALIBRATE_SECRET_KEY"):
            other.show("acme", "me")


def test_who_lost_the_key_rotates_and_goes_on(database):
    WebhookSecrets(database, Seal([new_key()])).show("acme", "me")
    secrets = WebhookSecrets(database, Seal([new_key()]))
    with pytest.raises(SecretLocked):
        secrets.show("acme", "me")
    (new,) = secrets.rotate("acme", "me")
    assert secrets.show("acme", "me") == [new]


def test_a_sealed_secret_cannot_be_passed_off_as_another_tenants(database):
    secrets = WebhookSecrets(database, Seal([new_key()]))
    secrets.show("acme", "me")
    with database.engine.begin() as connection:
        connection.execute(sa.update(webhook_secrets).values(tenant="other"))
    with pytest.raises(SecretLocked):
        secrets.show("other", "me")


def test_a_secret_from_before_there_was_a_key_still_signs(database):
    (mine,) = WebhookSecrets(database).show("acme", "me")
    assert WebhookSecrets(database, Seal([new_key()])).show("acme", "me") == [mine]


def test_the_configured_secret_is_the_default_tenants_and_nobody_elses(database):
    secrets = WebhookSecrets(database, of_default=[OWN])
    assert [*secrets.show("default", "me")] == [OWN]
    assert [*secrets.show("acme", "me")] != [OWN]
    with pytest.raises(InvalidInput, match="QALIBRATE_WEBHOOK_SECRET"):
        secrets.rotate("default", "me")


def test_reading_and_rotating_leave_lines_without_the_secret(database):
    secrets = WebhookSecrets(database)
    (mine,) = secrets.show("acme", "me")
    new, _ = secrets.rotate("acme", "someone")
    with database.engine.connect() as connection:
        lines = connection.execute(sa.select(audit_log).order_by(audit_log.c.id)).all()
    assert [(line.actor, line.action, line.tenant) for line in lines] == [
        ("me", "webhook.secret_read", "acme"),
        ("someone", "webhook.secret_rotated", "acme"),
    ]
    assert mine not in str(lines)
    assert new not in str(lines)


def test_a_tenant_that_cannot_be_one_gets_no_secret(database):
    for call in (WebhookSecrets(database).show, WebhookSecrets(database).rotate):
        with pytest.raises(QalibrateError):
            call("No Tenant", "me")
    assert stored(database) == []


def test_configured_secrets_may_be_several():
    assert Settings(webhook_secret=f"{OWN}, {OWN}").webhook_secrets == [OWN, OWN]
    assert Settings().webhook_secrets == []


@pytest.mark.parametrize(
    "wrong",
    ["geheim", OWN.removeprefix("whsec_"), "whsec_", "whsec_AAAA", OWN + "!", f"{OWN},", f"{OWN},geheim"],
)
def test_a_configured_secret_that_cannot_sign_is_named_and_not_shown(monkeypatch, wrong):
    monkeypatch.setenv("QALIBRATE_WEBHOOK_SECRET", wrong)
    with pytest.raises(InvalidSettings, match="QALIBRATE_WEBHOOK_SECRET") as caught:
        read_settings()
    assert base64.b64encode(b"k" * 32).decode() not in str(caught.value)


@given(st.binary(min_size=24, max_size=64))
def test_any_secret_of_the_right_length_is_taken(key):
    secret = "whsec_" + base64.b64encode(key).decode()
    assert Settings(webhook_secret=secret).webhook_secrets == [secret]
