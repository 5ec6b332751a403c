from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import oracles
from service.calibration.raters import ceiling, severities
from service.domain.scorecard import Scale
from tests.service.calibration.making import FIVE, NOW, label
from tests.service.cards import YES_NO

SCALE = Scale.model_validate(FIVE)
ANSWERS = Scale.model_validate(YES_NO)
FALLING = Scale.model_validate(
    {
        "type": "ordinal",
        "levels": [{"level": n, "points": 1 - n / 4, "anchor": f"{n} errors."} for n in range(5)],
    }
)
CHOICE = Scale.model_validate(
    {"type": "choice", "levels": [{"level": x, "points": 0, "anchor": x} for x in ("bill", "tech")]}
)
groups = st.lists(st.lists(st.integers(1, 5), min_size=2, max_size=5), min_size=5, max_size=20)


def items(**columns):
    """Labels by rater, one column each; None where they did not label."""
    rows = zip(*columns.values(), strict=True)
    return [
        [label("tone", level, rater) for rater, level in zip(columns, row, strict=True) if level is not None]
        for row in rows
    ]


def by_name(found):
    return {one.rater: one for one in found}


def test_severity_is_the_mean_distance_from_the_other_raters():
    found = by_name(severities(SCALE, items(a=[1, 2, 3, 4, 5], b=[2, 2, 4, 4, 5], c=[2, 4, 4, 4, 5])))
    # a against the mean of b and c: −1, −1, −1, 0, 0.
    assert found["a"].severity.value == pytest.approx(-0.6)
    # Squares from −.6: 3 · .16 + 2 · .36 = 1.2, s = √(1.2 / 4), t(4) = 2.77645: ± 2.77645 · .54772 / √5.
    assert found["a"].severity.high == pytest.approx(-0.6 + 0.68009, abs=1e-4)
    assert (found["a"].labels, found["a"].severity.n) == (5, 5)


def test_a_rater_a_level_harsher_than_the_rest_is_named():
    judge = [3, 4, 3, 5, 4, 4, 3, 2, 4, 5]
    found = by_name(severities(SCALE, items(a=[x - 1 for x in judge], b=judge, c=[5, *judge[1:]])))
    assert found["a"].note == "1.1 levels harsher than the others on 10 shared items"
    assert found["b"].note is None
    assert found["c"].note is None


def test_on_a_scale_that_counts_errors_the_higher_number_is_the_harsher_one():
    errors = [0, 1, 2, 3, 1, 2]
    found = by_name(severities(FALLING, items(a=[x + 1 for x in errors], b=errors, c=errors)))
    assert found["a"].severity.value == 1
    assert "harsher" in found["a"].note


def test_of_two_raters_nobody_is_said_to_be_the_one_who_is_off():
    found = by_name(severities(SCALE, items(a=[1, 2, 3, 4, 1, 2], b=[2, 3, 4, 5, 2, 3])))
    assert found["a"].note.endswith("of two raters nobody can tell which one is off")
    assert "milder" in found["b"].note
    assert found["a"].severity.note == "no interval: the difference is the same on all 6 items"


def test_a_loose_difference_is_not_held_against_a_rater():
    found = by_name(severities(SCALE, items(a=[1, 5, 1, 4, 1], b=[5, 4, 4, 3, 2], c=[5, 4, 4, 3, 2])))
    assert found["a"].severity.value == pytest.approx(-1.2)
    assert found["a"].severity.high > -0.3
    assert found["a"].note is None


def test_severity_on_a_yes_no_question_counts_the_answer_with_more_points():
    found = by_name(severities(ANSWERS, items(a=["no"] * 6, b=["yes"] * 5 + ["no"])))
    assert found["a"].severity.value == pytest.approx(-5 / 6)
    assert "harsher" in found["a"].note


def test_a_choice_has_no_harsher_side():
    found = severities(CHOICE, items(a=["bill"] * 6, b=["tech"] * 6))
    assert [one.severity.value for one in found] == [None, None]
    assert "without an order" in found[0].severity.note


def test_not_applicable_takes_no_part_in_severity():
    found = by_name(severities(SCALE, items(a=[1, "na", 3, 4, 5, 5], b=["na", 2, 3, 4, 5, 5])))
    assert found["a"].labels == 6
    assert found["a"].severity.n == 4
    assert found["a"].severity.note == "too few items shared with another rater: 4 of at least 5"


def test_one_rater_alone_has_no_severity_and_nobody_a_ceiling():
    (only,) = severities(SCALE, items(a=[1, 2, 3, 4, 5, 5]))
    assert (only.severity.value, only.severity.n, only.drift) == (None, 0, None)
    assert ceiling(SCALE, [[1], [2], []]) is None


def dated(levels, days):
    return [
        [
            label("tone", level, "a", created_at=NOW + timedelta(days=day)),
            label("tone", 3, "b", created_at=NOW),
        ]
        for level, day in zip(levels, days, strict=True)
    ]


def test_a_rater_who_grows_milder_has_a_drift():
    # A level in 30 days, up and down by one now and then.
    levels = [1, 2, 1, 2, 3, 2, 3, 3, 4, 3, 4, 5, 4]
    found = by_name(severities(SCALE, dated(levels, [10 * k for k in range(13)])))["a"].drift
    theirs = np.polyfit([k / 3 for k in range(13)], levels, 1)[0]
    assert found.value == pytest.approx(theirs, abs=1e-9)
    assert found.low > 0.5
    assert found.high < 1.2


def test_the_interval_of_a_drift_is_that_of_the_regression():
    from scipy.stats import linregress, t

    levels, days = [1, 3, 2, 2, 4, 3, 3, 5, 4, 4, 5, 3], list(range(0, 60, 5))
    line = linregress([day / 30 for day in days], levels)
    found = by_name(severities(SCALE, dated(levels, days)))["a"].drift
    assert found.low == pytest.approx(line.slope - t.ppf(0.975, 10) * line.stderr, abs=1e-9)


def test_labels_imported_at_one_time_have_no_drift_and_it_says_so():
    found = by_name(severities(SCALE, dated([1, 2, 3] * 5, [0] * 15)))["a"].drift
    assert found.value is None
    assert found.note == "too little to see a drift: 15 shared items over 0 days of at least 10 over 14"


@given(groups)
def test_the_ceiling_is_what_counting_pairs_one_by_one_gives(answers):
    found = ceiling(SCALE, answers)
    places = [[level - 1 for level in item] for item in answers]
    assert found.pairs == sum(len(item) * (len(item) - 1) // 2 for item in answers)
    assert found.exact.value == pytest.approx(oracles.share_within(places, 0), abs=1e-9)
    assert found.adjacent.value == pytest.approx(oracles.share_within(places, 1), abs=1e-9)
    assert found.ac2.value == pytest.approx(oracles.ac(places, ordinal=True, levels=5), abs=1e-9)
    if len({level for item in answers for level in item}) > 1:
        assert found.qwk.value == pytest.approx(oracles.kappa(places, ordinal=True, levels=5), abs=1e-9)
        assert found.alpha.value == pytest.approx(oracles.alpha(places, ordinal=True, levels=5), abs=1e-9)


@given(groups, st.randoms())
def test_who_of_the_raters_comes_first_changes_nothing(answers, shuffler):
    shuffled = [shuffler.sample(item, len(item)) for item in answers]
    assert ceiling(SCALE, shuffled) == ceiling(SCALE, answers)


def test_each_item_weighs_the_same_in_the_ceiling():
    # Five raters agree on one item, two differ on the other: half, not 10 of 11 pairs.
    found = ceiling(SCALE, [[3, 3, 3, 3, 3], [1, 5]])
    assert (found.items, found.pairs, found.exact.value) == (2, 11, 0.5)


def test_the_ceiling_of_levels_leaves_out_items_that_only_one_gave_a_level():
    found = ceiling(SCALE, [[1, 2], [3, 3], [4, "na"], ["na", "na"], [5, 5], [5, 4], [2, 2, "na"]])
    # Exact: 0, 1, 0, 1, 1, 0 and 1/3 of seven items.
    assert found.exact.value == pytest.approx((3 + 1 / 3) / 7)
    assert found.qwk.n == 5
    assert "not applicable: 2" in found.qwk.note


def test_a_level_that_is_not_on_the_scale_is_refused_in_a_ceiling():
    with pytest.raises(ValueError, match="6 is none of the answers"):
        ceiling(SCALE, [[6, 5]])


def test_a_difference_that_may_be_small_names_nobody_however_sure_it_is_that_there_is_one():
    # −2, −2, 0, −2, 0, −1, 0, −1, 0, −1: mean −.9, s = .876, t(9) · s / √10 = .626: from −1.53 to −.27.
    found = by_name(severities(SCALE, items(a=[1, 1, 3, 1, 3, 2, 3, 2, 3, 2], b=[3] * 10, c=[3] * 10)))
    assert found["a"].severity.value == pytest.approx(-0.9)
    assert -0.3 < found["a"].severity.high < 0
    assert found["a"].note is None
