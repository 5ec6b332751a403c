import pytest
import sqlalchemy as sa

from service.domain.calibration import Fitted
from service.domain.errors import InvalidInput, NotFound
from service.storage.database import Database
from service.storage.schema import calibrations
from service.storage.upgrade import upgrade
from service.usecases.calibrations import REMEMBERED, Calibrations, Followed
from tests.service.calibration.making import NOW, a_calibration


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    upgrade(database, [], NOW)
    yield database
    database.close()


def keep(database, name, models=b"models", active=True):
    with database.begin("a") as tx:
        tx.calibrations.add(Fitted(a_calibration(id=name), models))
    if active:
        Calibrations(database).activate("a", name)


def followed(database, follow, grader="llm", tenant="a"):
    with database.begin(tenant) as tx:
        found = follow(tx, "two", grader)
    return found and found.calibration.id


def test_activating_another_one_takes_effect_with_the_next_grade(database):
    follow = Followed()
    assert followed(database, follow) is None
    keep(database, "c1")
    assert followed(database, follow) == "c1"
    keep(database, "c2")
    assert followed(database, follow) == "c2"
    Calibrations(database).activate("a", "c1")
    assert followed(database, follow) == "c1"
    Calibrations(database).deactivate("a", "c1")
    assert followed(database, follow) is None


def test_a_calibration_is_followed_by_its_tenant_and_grader_alone(database):
    keep(database, "c1")
    assert followed(database, Followed(), tenant="b") is None
    assert followed(database, Followed(), grader="signals") is None


def test_the_learned_grader_follows_the_calibration_that_has_models(database):
    follow = Followed()
    keep(database, "c1", models=None)
    assert followed(database, follow, grader="learned") is None
    keep(database, "c2")
    assert followed(database, follow, grader="learned") == "c2"


def test_more_calibrations_than_are_remembered_are_still_found(database):
    follow = Followed()
    for number in range(REMEMBERED + 3):
        keep(database, f"c{number}")
        assert followed(database, follow) == f"c{number}"


def test_a_calibration_that_cannot_be_read_is_not_followed(database):
    keep(database, "c1")
    with database.begin("a") as tx:
        tx.connection.execute(sa.update(calibrations).values(content={"of": "another version"}))
    assert followed(database, Followed()) is None


def test_what_is_not_there_is_not_found(database):
    kept = Calibrations(database)
    for call in (kept.get, kept.fitted, kept.activate, kept.deactivate):
        with pytest.raises(NotFound):
            call("a", "nobody")
    with pytest.raises(InvalidInput):
        kept.list("a", None, "no cursor", 10)
