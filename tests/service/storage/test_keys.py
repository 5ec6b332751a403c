import pytest

from service.domain.errors import NotAuthenticated, NotFound
from service.storage.database import Database
from service.storage.schema import api_keys
from service.storage.upgrade import upgrade
from service.usecases.keys import Keys
from tests.service.storage.test_database import NOW


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    upgrade(database, [], NOW)
    yield database
    database.close()


def test_a_key_authenticates_with_its_secret_and_shows_when_it_was_used(database):
    keys = Keys(database)
    key, secret = keys.create("a", "crm", ["submit", "read"])
    assert keys.authenticate(secret).id == key.id
    assert keys.list()[0].last_used_at is not None
    assert key.allows("submit")
    assert not key.allows("admin")


def test_the_secret_is_kept_nowhere(database):
    _, secret = Keys(database).create("a", "crm", ["read"])
    with database.engine.connect() as connection:
        stored = str(connection.execute(api_keys.select()).all())
    assert secret not in stored
    assert secret.removeprefix("qal_") not in stored


def test_a_revoked_key_is_refused_and_revoking_again_changes_nothing(database):
    keys = Keys(database)
    key, secret = keys.create("a", "crm", ["read"])
    keys.revoke(key.id)
    keys.revoke(key.id)
    with pytest.raises(NotAuthenticated):
        keys.authenticate(secret)


def test_unknown_keys_are_refused(database):
    keys = Keys(database)
    with pytest.raises(NotAuthenticated):
        keys.authenticate("qal_guess")
    with pytest.raises(NotFound):
        keys.revoke("nobody")
