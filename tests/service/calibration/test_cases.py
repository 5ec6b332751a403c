from collections import Counter

import pytest

from service.calibration.cases import Case, settled
from tests.service.calibration.making import graded, label, two_dimensions

TONE, GREETING = two_dimensions().scorecard.dimensions


def case(number, *levels, name="greeting"):
    labels = tuple(label(name, level, f"r{n}") for n, level in enumerate(levels))
    return Case(graded(number, *labels), labels, 0, None)


def test_people_who_agree_need_no_draw():
    assert settled(case(0, "yes", "yes", "no"), GREETING) == "yes"
    assert settled(case(0, 2, 5, 4, name="tone"), TONE) == 4
    assert settled(case(0), GREETING) is None


@pytest.mark.parametrize(
    ("levels", "dimension"), [(("yes", "no"), GREETING), (("na", 3), TONE), (("yes", "na"), GREETING)]
)
def test_a_tie_goes_to_each_rater_about_as_often(levels, dimension):
    drawn = Counter(settled(case(n, *levels, name=dimension.id), dimension) for n in range(400))
    assert set(drawn) == set(levels)
    assert 160 <= drawn[levels[0]] <= 240


def test_the_draw_does_not_depend_on_the_order_of_labels_or_on_who_asks():
    for number in range(20):
        one = case(number, "yes", "no")
        turned = Case(one.of, one.labels[::-1], 0, None)
        assert settled(one, GREETING) == settled(turned, GREETING)


def test_levels_that_are_not_on_the_scale_settle_nothing():
    assert settled(case(0, 9, name="tone"), TONE) is None
    assert settled(case(0, 9, 3, name="tone"), TONE) == 3
