from datetime import UTC, datetime, timedelta

import pytest

from service.storage.database import Database
from service.storage.upgrade import upgrade
from tests.service.cards import make_card

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    upgrade(database, [make_card(name="built-in")], NOW)
    yield database
    database.close()


def publish(database, card, tenant="a", at=NOW):
    with database.begin(tenant) as tx:
        revision, new = tx.scorecards.publish(card, at)
    return revision.revision, new


def test_the_same_content_gets_the_same_revision(database):
    assert publish(database, make_card()) == (1, True)
    assert publish(database, make_card()) == (1, False)
    assert publish(database, make_card(pass_mark=70)) == (2, True)


def test_going_back_to_older_content_makes_it_current_again(database):
    publish(database, make_card())
    publish(database, make_card(pass_mark=70), at=NOW + timedelta(seconds=1))
    assert publish(database, make_card(), at=NOW + timedelta(seconds=2)) == (1, False)
    with database.begin("a") as tx:
        assert tx.scorecards.get("test-card").revision == 1
        assert tx.scorecards.get("test-card", 2).scorecard.pass_mark == 70


def test_tenants_do_not_see_each_others_scorecards(database):
    publish(database, make_card(), tenant="a")
    with database.begin("b") as tx:
        assert tx.scorecards.get("test-card") is None
        assert [card.name for card in tx.scorecards.list()] == ["built-in"]


def test_an_own_scorecard_hides_a_builtin_one_of_the_same_name(database):
    publish(database, make_card(name="built-in", pass_mark=99))
    with database.begin("a") as tx:
        assert [(card.builtin, card.scorecard.pass_mark) for card in tx.scorecards.list()] == [(False, 99)]
        assert not tx.scorecards.get("built-in").builtin
    with database.begin("b") as tx:
        assert tx.scorecards.get("built-in").builtin
