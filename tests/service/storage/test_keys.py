from datetime import UTC, datetime, timedelta

import pytest

from service.domain.errors import Conflict, InvalidInput, NotAuthenticated, NotFound
from service.storage.database import Database
from service.storage.schema import api_keys, audit_log
from service.storage.upgrade import upgrade
from service.usecases.keys import REMEMBERED_S, Keys
from tests.service.storage.test_database import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    upgrade(database, [], NOW)
    yield database
    database.close()


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def rows(database, table):
    with database.engine.connect() as connection:
        return connection.execute(table.select()).all()


def test_a_key_authenticates_with_its_secret_and_shows_when_it_was_used(database):
    keys = Keys(database)
    key, secret = keys.create("a", "crm", ["submit", "read"])
    assert keys.authenticate(secret).id == key.id
    assert keys.list()[0].last_used_at is not None
    assert key.allows("submit")
    assert not key.allows("admin")


def test_the_secret_is_kept_nowhere(database):
    keys = Keys(database)
    key, secret = keys.create("a", "crm", ["read"])
    _, second = keys.rotate(key.id, HOUR)
    stored = str(rows(database, api_keys)) + str(rows(database, audit_log))
    for one in (secret, second):
        assert one not in stored
        assert one.removeprefix("qal_") not in stored


def test_a_revoked_key_is_refused_at_once_and_revoking_again_changes_nothing(database):
    keys = Keys(database)
    key, secret = keys.create("a", "crm", ["read"])
    keys.authenticate(secret)
    keys.revoke(key.id)
    keys.revoke(key.id)
    with pytest.raises(NotAuthenticated):
        keys.authenticate(secret)
    assert [row.action for row in rows(database, audit_log)] == ["key.created", "key.revoked"]


def test_a_key_that_another_process_revoked_works_a_second_longer_at_most(database):
    clock = Clock()
    here, elsewhere = Keys(database, clock), Keys(database)
    key, secret = here.create("a", "crm", ["read"])
    here.authenticate(secret)
    elsewhere.revoke(key.id)
    assert here.authenticate(secret).id == key.id
    clock.now += REMEMBERED_S
    assert here.was_known(secret)
    with pytest.raises(NotAuthenticated):
        here.authenticate(secret)
    assert not here.was_known(secret), "from here on it counts as a guess"


def test_unknown_keys_are_refused(database):
    keys = Keys(database)
    with pytest.raises(NotAuthenticated):
        keys.authenticate("qal_guess")
    assert not keys.was_known("qal_guess")
    with pytest.raises(NotFound):
        keys.revoke("nobody")
    with pytest.raises(NotFound):
        keys.rotate("nobody", HOUR)


def test_after_a_rotation_both_secrets_work_until_the_grace_is_over(database):
    keys = Keys(database)
    key, old = keys.create("a", "crm", ["read"])
    keys.authenticate(old)
    rotated, new = keys.rotate(key.id, HOUR)
    assert keys.authenticate(old).id == keys.authenticate(new).id == key.id
    assert rotated.status(datetime.now(UTC)) == "rotating"
    assert rotated.opens(datetime.now(UTC), with_previous=True)
    after = datetime.now(UTC) + 2 * HOUR
    assert rotated.status(after) == "active"
    assert rotated.opens(after, with_previous=False)
    assert not rotated.opens(after, with_previous=True)


def test_a_rotation_without_grace_stops_the_old_secret_at_once(database):
    keys = Keys(database)
    key, old = keys.create("a", "crm", ["read"])
    keys.authenticate(old)
    _, new = keys.rotate(key.id, timedelta())
    assert keys.authenticate(new).id == key.id
    with pytest.raises(NotAuthenticated):
        keys.authenticate(old)


def test_a_second_rotation_ends_the_secret_before_the_last(database):
    keys = Keys(database)
    key, first = keys.create("a", "crm", ["read"])
    _, second = keys.rotate(key.id, HOUR)
    _, third = keys.rotate(key.id, HOUR)
    assert keys.authenticate(second).id == keys.authenticate(third).id == key.id
    with pytest.raises(NotAuthenticated):
        keys.authenticate(first)


def test_a_revoked_key_cannot_be_rotated_and_neither_of_its_secrets_works(database):
    keys = Keys(database)
    key, old = keys.create("a", "crm", ["read"])
    _, new = keys.rotate(key.id, HOUR)
    keys.revoke(key.id)
    for secret in (old, new):
        with pytest.raises(NotAuthenticated):
            keys.authenticate(secret)
    with pytest.raises(Conflict):
        keys.rotate(key.id, HOUR)


@pytest.mark.parametrize("grace", [-HOUR, timedelta(days=31)])
def test_a_grace_is_neither_negative_nor_endless(database, grace):
    keys = Keys(database)
    key, _ = keys.create("a", "crm", ["read"])
    with pytest.raises(InvalidInput):
        keys.rotate(key.id, grace)


def test_an_expired_key_is_refused_even_where_it_is_remembered(database):
    keys = Keys(database, Clock())
    _, gone = keys.create("a", "crm", ["read"], expires_at=datetime.now(UTC) - HOUR)
    with pytest.raises(NotAuthenticated):
        keys.authenticate(gone)
    soon, secret = keys.create("a", "crm", ["read"], expires_at=datetime.now(UTC) + HOUR)
    assert keys.authenticate(secret).id == soon.id
    assert soon.status(datetime.now(UTC) + 2 * HOUR) == "expired"


def test_what_is_done_to_a_key_is_noted_for_its_tenant_without_its_name(database):
    keys = Keys(database)
    key, _ = keys.create("a", "name of the key", ["read"], rate_limit=5)
    keys.rotate(key.id, HOUR, by="somebody")
    noted = rows(database, audit_log)
    assert [(row.tenant, row.action, row.actor) for row in noted] == [
        ("a", "key.created", "command-line"),
        ("a", "key.rotated", "somebody"),
    ]
    assert {row.subject for row in noted} == {key.id}
    assert "name of the key" not in str(noted)
    assert noted[1].details["grace_hours"] == 1
