import pytest

from service.grading.plan import plan
from tests.service.grading.building import a_card, a_dimension

NAMES = ("a", "b", "c", "d", "e")


def asked(**changes):
    card = a_card(*(a_dimension(name) for name in NAMES), **changes)
    return [[d.id for d in ask.dimensions] for ask in plan(card)]


def test_one_request_asks_for_the_whole_card():
    assert asked() == [list(NAMES)]


@pytest.mark.parametrize(
    ("grouping", "groups"),
    [("all", ["abcde"]), (2, ["ab", "cd", "e"]), (99, ["abcde"]), ("each", list("abcde"))],
)
def test_a_card_may_be_asked_in_groups(grouping, groups):
    assert ["".join(group) for group in asked(grouping=grouping)] == groups


def test_every_vote_asks_for_everything_with_a_seed_of_its_own_and_some_chance():
    card = a_card(*(a_dimension(name) for name in NAMES), votes=3, grouping=3)
    asks = plan(card)
    assert [len(ask.dimensions) for ask in asks] == [3, 2] * 3
    assert len({ask.seed for ask in asks}) == 3
    assert all(ask.temperature > 0 for ask in asks)


def test_a_single_vote_leaves_nothing_to_chance():
    (ask,) = plan(a_card(a_dimension()))
    assert ask.temperature == 0


def test_facts_are_asked_once_and_coaching_once_for_each_group():
    asks = plan(a_card(*(a_dimension(name) for name in NAMES), votes=2, grouping=3))
    assert [ask.facts for ask in asks] == [True, False, False, False]
    assert [ask.coaching for ask in asks] == [True, True, False, False]


def test_an_order_seed_gives_an_order_that_is_always_the_same_and_differs_between_votes():
    first, second = asked(order_seed=7, votes=2)
    assert sorted(first) == sorted(second) == list(NAMES)
    assert first != second
    assert asked(order_seed=7, votes=2) == [first, second]
    assert asked(order_seed=8, votes=2) != [first, second]
