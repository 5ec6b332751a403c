import pytest

from service.domain.label import Label
from service.domain.levels import OffTheScale, level_on, on_card
from service.domain.scorecard import Dimension
from tests.service.cards import dimension, make_card

RATED = {
    "type": "ordinal",
    "levels": [
        {"level": 1, "points": 0, "anchor": "Bad.", "label": "poor"},
        {"level": 4, "points": 1, "anchor": "Good.", "label": "great"},
    ],
}


def of(**fields):
    return Dimension.model_validate(dimension("it", **fields))


def test_levels_of_an_ordinal_scale_are_numbers_whatever_way_they_are_written():
    assert [level_on(of(scale=RATED), value) for value in (4, "4", " 4 ", "Great")] == [4, 4, 4, 4]


@pytest.mark.parametrize(("written", "meant"), [("YES", "yes"), (1, "yes"), ("true", "yes"), ("нет", "no")])
def test_yes_and_no_may_be_written_in_many_ways(written, meant):
    assert level_on(of(), written) == meant


def test_a_level_that_is_not_on_the_scale_is_refused_with_those_that_are():
    with pytest.raises(OffTheScale, match=r"'5' is not on the scale of it, which is: 1, 4$"):
        level_on(of(scale=RATED), 5)


def test_not_applicable_is_a_level_only_where_the_dimension_allows_it():
    assert level_on(of(not_applicable="Never asked."), "na") == "na"
    with pytest.raises(OffTheScale, match="does not allow N/A"):
        level_on(of(), "na")


def test_a_number_is_no_yes_on_an_ordinal_scale_that_lacks_it():
    with pytest.raises(OffTheScale):
        level_on(of(scale=RATED), "yes")


def test_labels_stored_before_their_card_was_known_get_its_levels():
    card = make_card(dimension("greeting"), dimension("warmth", scale=RATED))
    labels = [
        Label(dimension=name, rater="r", level=level)
        for name, level in [
            ("greeting", "да"),
            ("warmth", "4"),
            ("warmth", "9"),
            ("gone", "x"),
            ("warmth", 1),
        ]
    ]
    assert [label.level for label in on_card(card, labels)] == ["yes", 4, "9", "x", 1]
