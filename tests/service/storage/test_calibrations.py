from datetime import timedelta

import pytest
import sqlalchemy as sa

from service.domain.calibration import Fitted
from service.domain.errors import Conflict
from service.storage.database import Database
from service.storage.schema import calibrations
from service.storage.upgrade import upgrade
from tests.service.calibration.making import NOW, a_calibration


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    upgrade(database, [], NOW)
    yield database
    database.close()


def kept(tx, name, minutes=0, **fields):
    made = a_calibration(id=name, created_at=NOW + timedelta(minutes=minutes), **fields)
    tx.calibrations.add(Fitted(made, b"models"))
    return made


def test_a_calibration_comes_back_as_it_was_made_with_its_models(database):
    with database.begin("a") as tx:
        made = kept(tx, "c1")
    with database.begin("a") as tx:
        assert tx.calibrations.fitted("c1") == (made, b"models")
        stored = tx.calibrations.get("c1")
    assert (stored.dimensions, stored.active, stored.activated_at) == (made.dimensions, False, None)


def test_looks_are_counted_on_one_basis_by_what_they_saw(database):
    with database.begin("a") as tx:
        made = kept(tx, "c1", labels_sha256="one")
        kept(tx, "c2", minutes=2, labels_sha256="two")
        kept(tx, "c3", minutes=1)
        kept(tx, "c4", minutes=3, labels_sha256="no test", dimensions=())
        kept(tx, "c5", minutes=4, labels_sha256="other", basis=made.basis.model_copy(update={"model": "m-2"}))
        assert tx.calibrations.looks(made.basis_sha256) == ["one", "", "two"]
    with database.begin("b") as tx:
        assert tx.calibrations.looks(made.basis_sha256) == []


def test_another_tenant_sees_none_of_it(database):
    with database.begin("a") as tx:
        tx.calibrations.activate(kept(tx, "c1"), NOW)
    with database.begin("b") as tx:
        assert tx.calibrations.get("c1") is None
        assert tx.calibrations.fitted("c1") is None
        assert tx.calibrations.active_id("two", "llm") is None
        assert tx.calibrations.list(None, None, 10) == []
        tx.calibrations.deactivate("c1")
        tx.calibrations.activate(kept(tx, "c2"), NOW)
    with database.begin("") as tx:
        assert tx.on_behalf_of("a").calibrations.active_id("two", "llm") == "c1"


def test_one_calibration_is_active_and_the_others_stay(database):
    with database.begin("a") as tx:
        first, second = kept(tx, "c1"), kept(tx, "c2", minutes=1)
        tx.calibrations.activate(first, NOW)
        tx.calibrations.activate(second, NOW)
        assert [(one.id, one.active) for one in tx.calibrations.list(None, None, 9)] == [
            ("c2", True),
            ("c1", False),
        ]
        tx.calibrations.activate(first, NOW + timedelta(hours=1))
        tx.calibrations.activate(first, NOW + timedelta(hours=2))
        assert tx.calibrations.active_id("two", "llm") == "c1"
        assert tx.calibrations.get("c1").activated_at == NOW + timedelta(hours=1)
        tx.calibrations.deactivate("c1")
        assert tx.calibrations.active_id("two", "llm") is None


def test_two_can_never_be_active_at_once(database):
    with database.begin("a") as tx:
        kept(tx, "c1")
        kept(tx, "c2")

    def activate_both_behind_its_back():
        with database.begin("a") as tx:
            tx.connection.execute(sa.update(calibrations).values(activated_at=NOW))

    with pytest.raises(Conflict):
        activate_both_behind_its_back()


def test_lists_are_newest_first_and_join_without_a_gap(database):
    with database.begin("a") as tx:
        for number in range(5):
            kept(tx, f"c{number}", minutes=number // 2)
        seen, after = [], None
        while page := tx.calibrations.list("two", after, 2):
            seen += [one.id for one in page]
            after = (page[-1].created_at, page[-1].id)
        assert seen == ["c4", "c3", "c2", "c1", "c0"]
        assert tx.calibrations.list("other", None, 2) == []
