import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.calibration.agreement import agreement
from service.domain.scorecard import Scale
from tests.service.calibration.making import FIVE
from tests.service.cards import YES_NO

SCALE = Scale.model_validate(FIVE)
ANSWERS = Scale.model_validate(YES_NO)
CHOICE = Scale.model_validate(
    {
        "type": "choice",
        "levels": [{"level": name, "points": 0.5, "anchor": name} for name in ("bill", "tech", "other")],
    }
)
columns = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=5, max_size=40)


def sides(pairs):
    return [a for a, _ in pairs], [b for _, b in pairs]


def test_shares_count_every_item_and_carry_wilsons_interval():
    found = agreement(SCALE, [1, 2, 3, 4, 5, 5, 4, 3], [1, 2, 4, 2, 5, 5, 4, 3])
    assert (found.n, found.exact.value, found.adjacent.value) == (8, 6 / 8, 7 / 8)
    # Wilson, 6 of 8: (.75 + .24009 ± 1.95996·√(.0234375 + .0150058)) / 1.48018
    assert (found.exact.low, found.exact.high) == pytest.approx((0.4093, 0.9285), abs=1e-4)


def test_not_applicable_is_an_answer_of_its_own_and_never_a_number():
    people = [5, 4, 3, 2, 1, 5, "na", "na"]
    other = [5, 4, 3, 2, 2, "na", "na", 4]
    found = agreement(SCALE, people, other)
    assert found.exact.value == 5 / 8
    assert found.adjacent.value == 6 / 8
    assert found.confusion.answers == (1, 2, 3, 4, 5, "na")
    assert found.confusion.counts[-1] == (0, 0, 0, 1, 0, 1)
    assert found.confusion.counts[4] == (0, 0, 0, 0, 1, 1)
    assert found.qwk.n == 5
    assert found.qwk.note == "items left out because somebody called them not applicable: 3"
    assert (found.bias.value, found.mae.value) == pytest.approx((0.2, 0.2))


def test_not_applicable_against_the_highest_level_is_not_adjacent():
    assert agreement(SCALE, [5] * 6, ["na"] * 6).adjacent.value == 0


def test_without_an_order_there_is_no_neighbour_no_bias_and_kappa_is_plain():
    found = agreement(ANSWERS, ["yes", "no", "yes", "no", "yes"], ["yes", "no", "no", "no", "yes"])
    assert (found.adjacent, found.bias, found.mae) == (None, None, None)
    # .8 observed; by chance .6 · .4 + .4 · .6 = .48.
    assert found.qwk.value == pytest.approx((0.8 - 0.48) / 0.52, abs=1e-12)
    # π(yes) = .5: chance is 2 · .25 = .5.
    assert found.ac2.value == pytest.approx((0.8 - 0.5) / 0.5, abs=1e-12)


def test_a_choice_scale_counts_not_applicable_among_its_answers():
    found = agreement(CHOICE, ["bill", "tech", "na", "other", "na"], ["bill", "tech", "na", "other", "bill"])
    assert found.qwk.n == 5
    assert found.qwk.note is None
    assert len(found.confusion.answers) == 4


def test_a_dimension_that_allows_not_applicable_has_the_answer_also_when_nobody_gave_it():
    found = agreement(ANSWERS, ["yes"] * 5 + ["no"], ["yes"] * 5 + ["no"], not_applicable=True)
    assert found.confusion.answers == ("no", "yes", "na")


@given(columns, st.randoms())
def test_the_order_of_the_items_changes_nothing(pairs, shuffler):
    shuffled = list(pairs)
    shuffler.shuffle(shuffled)
    ours, other = agreement(SCALE, *sides(pairs)), agreement(SCALE, *sides(shuffled))
    for name in ("exact", "adjacent", "qwk", "ac2", "alpha", "bias", "mae"):
        one, two = getattr(ours, name), getattr(other, name)
        assert (one.n, one.note) == (two.n, two.note)
        for end in ("value", "low", "high"):
            assert getattr(one, end) == pytest.approx(getattr(two, end), abs=1e-9)


@given(columns)
def test_every_figure_lies_within_its_interval_and_bounds(pairs):
    found = agreement(SCALE, *sides(pairs))
    for estimate in (found.exact, found.adjacent, found.qwk, found.ac2, found.alpha, found.bias, found.mae):
        if estimate.low is not None:
            assert estimate.low - 1e-9 <= estimate.value <= estimate.high + 1e-9
        else:
            assert estimate.note
    assert found.exact.value <= found.adjacent.value
    assert abs(found.bias.value) <= found.mae.value + 1e-9
    assert sum(map(sum, found.confusion.counts)) == len(pairs)


@given(st.lists(st.integers(1, 5), min_size=5, max_size=30))
def test_perfect_agreement_is_1_without_an_interval_that_claims_certainty(levels):
    found = agreement(SCALE, levels, levels)
    for estimate in (found.qwk, found.ac2, found.alpha):
        assert estimate.value is None or estimate.value == pytest.approx(1)
        assert estimate.low is None
        assert estimate.note
    assert found.exact.value == 1
    assert found.exact.low < 1


def test_the_interval_of_qwk_is_that_of_leaving_one_item_out():
    from scipy.stats import t
    from sklearn.metrics import cohen_kappa_score

    people, other = [1, 2, 3, 4, 5, 5, 4, 3, 2, 1], [1, 2, 4, 4, 5, 3, 4, 3, 1, 2]

    def qwk(skip=None):
        kept = [k for k in range(10) if k != skip]
        first, second = [people[k] for k in kept], [other[k] for k in kept]
        return cohen_kappa_score(first, second, weights="quadratic", labels=[1, 2, 3, 4, 5])

    without = np.array([qwk(k) for k in range(10)])
    error = math.sqrt(9 / 10 * ((without - without.mean()) ** 2).sum())
    spread = t.ppf(0.975, 9) * error / (1 - qwk() ** 2)
    found = agreement(SCALE, people, other).qwk
    assert found.value == pytest.approx(qwk(), abs=1e-9)
    assert found.low == pytest.approx(math.tanh(math.atanh(qwk()) - spread), abs=1e-9)
    assert found.high == pytest.approx(math.tanh(math.atanh(qwk()) + spread), abs=1e-9)


def test_three_items_have_shares_but_no_coefficient():
    found = agreement(SCALE, [1, 3, 5], [1, 3, 4])
    assert found.exact.value == pytest.approx(2 / 3)
    assert found.exact.high - found.exact.low > 0.6
    assert (found.qwk.value, found.qwk.note) == (None, "too few items: 3 of at least 5")
    assert (found.bias.value, found.bias.low) == (pytest.approx(-1 / 3), None)


def test_one_level_only_is_said_and_not_computed():
    found = agreement(SCALE, [4] * 20, [4] * 20)
    assert found.qwk.value is None
    assert "all answers are one and the same" in found.qwk.note
    assert found.alpha.value is None


def test_nothing_to_compare_is_said():
    found = agreement(SCALE, [], [])
    assert (found.n, found.exact.value, found.qwk.note) == (0, None, "there are no items")


def test_figures_over_gaps_on_the_scale_count_levels_not_numbers():
    gaps = Scale.model_validate(
        {
            "type": "ordinal",
            "levels": [{"level": n, "points": n / 100, "anchor": "x"} for n in (0, 25, 50, 100)],
        }
    )
    found = agreement(gaps, [0, 25, 50, 100, 50], [0, 25, 50, 50, 100])
    assert (found.mae.value, found.adjacent.value) == (0.4, 1)


@pytest.mark.parametrize(("people", "other"), [([6], [5]), ([5], ["5"]), ([True], [1]), (["maybe"], [1])])
def test_an_answer_that_is_not_on_the_scale_is_refused_by_name(people, other):
    with pytest.raises(ValueError, match="is none of the answers"):
        agreement(SCALE, people, other)


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="2 answers of people beside 1 others"):
        agreement(SCALE, [1, 2], [1])
