"""Each coefficient against a sum worked by hand, and against other people's code."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import oracles
from service.calibration.coefficients import (
    cohen_kappa,
    coincidences_of,
    equal_weights,
    gwet_ac,
    krippendorff_alpha,
    mean_difference,
    mean_distance,
    quadratic_weights,
    weighted_share,
)
from service.calibration.tables import coincidence_table, group_table, pair_tables

TABLE = np.array([[2.0, 1, 0], [0, 3, 1], [0, 0, 3]])
"""Ten items: rows are one side's answers (3, 4, 3 of each), columns the other's (2, 4, 4)."""

pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=40)
groups = st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=5), min_size=2, max_size=25)


def table_of(answers):
    first, second = zip(*answers, strict=True)
    return pair_tables(4, first, second).sum(0)


def several(answers):
    return [list(pair) for pair in answers]


def test_quadratic_weights_fall_with_the_square_of_the_distance():
    # Three levels: 1 − 1/4 for neighbours, 0 from end to end.
    assert quadratic_weights(3).tolist() == [[1, 0.75, 0], [0.75, 1, 0.75], [0, 0.75, 1]]


def test_shares_are_worked_by_hand():
    # Same: 2 + 3 + 3 = 8 of 10. With credit for neighbours: 8 + 2 · .75 = 9.5.
    assert weighted_share(TABLE, equal_weights(3)) == pytest.approx(0.8, abs=1e-12)
    assert weighted_share(TABLE, quadratic_weights(3)) == pytest.approx(0.95, abs=1e-12)


def test_kappa_is_worked_by_hand():
    # By chance: 3·2 + 4·4 + 3·4 = 34 pairs of 100 are the same, 3·4 + 4·2 + 4·4 + 3·4 = 48 are neighbours.
    assert cohen_kappa(TABLE, equal_weights(3)) == pytest.approx((0.8 - 0.34) / 0.66, abs=1e-12)
    # .34 + .48 · .75 = .70
    assert cohen_kappa(TABLE, quadratic_weights(3)) == pytest.approx((0.95 - 0.70) / 0.30, abs=1e-12)


def test_ac1_and_ac2_are_worked_by_hand():
    # π = (5, 8, 7) / 20: Σ π(1 − π) = .1875 + .24 + .2275 = .655. Weights add up to 3, or to 3 + 4 · .75 = 6.
    assert gwet_ac(TABLE, equal_weights(3)) == pytest.approx((0.8 - 0.3275) / 0.6725, abs=1e-12)
    assert gwet_ac(TABLE, quadratic_weights(3)) == pytest.approx((0.95 - 0.655) / 0.345, abs=1e-12)


def test_alpha_is_worked_by_hand():
    # Coincidences 4 1 0 / 1 6 1 / 0 1 6, margins 5, 8, 7, n = 20.
    # Nominal: 4 differ; by chance 2 · (5·8 + 8·7 + 5·7) = 262.
    coincidences = coincidences_of(TABLE)
    assert krippendorff_alpha(coincidences, ordinal=False) == pytest.approx(1 - 19 * 4 / 262, abs=1e-12)
    # Ordinal: mid-ranks 2.5, 9, 16.5, so δ² = 42.25, 56.25 and, end to end, 196.
    # Observed 2 · (42.25 + 56.25) = 197; by chance 2 · (40·42.25 + 56·56.25 + 35·196) = 23,400.
    assert krippendorff_alpha(coincidences, ordinal=True) == pytest.approx(1 - 19 * 197 / 23_400, abs=1e-12)


def test_bias_and_distance_are_worked_by_hand():
    # The second side is one higher on 2 of 10; the transposed table is one lower.
    assert (mean_difference(TABLE), mean_distance(TABLE)) == pytest.approx((0.2, 0.2))
    assert (mean_difference(TABLE.T), mean_distance(TABLE.T)) == pytest.approx((-0.2, 0.2))


@pytest.mark.filterwarnings("ignore")
@given(pairs)
def test_kappa_is_that_of_scikit_learn(answers):
    from sklearn.metrics import cohen_kappa_score

    first, second = zip(*answers, strict=True)
    for weights, name in ((equal_weights(4), None), (quadratic_weights(4), "quadratic")):
        theirs = cohen_kappa_score(first, second, weights=name, labels=[0, 1, 2, 3])
        assert cohen_kappa(table_of(answers), weights) == pytest.approx(theirs, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("ordinal", [True, False])
@given(answers=groups)
def test_ac_is_that_of_the_textbook_for_any_number_of_raters(answers, ordinal):
    weights = quadratic_weights(4) if ordinal else equal_weights(4)
    table = sum(group_table(4, item) for item in answers)
    theirs = oracles.ac(answers, ordinal=ordinal, levels=4)
    assert gwet_ac(table, weights) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("ordinal", [True, False])
@given(answers=groups)
def test_alpha_is_that_of_the_package_for_any_number_of_raters(answers, ordinal):
    table = sum(coincidence_table(4, item) for item in answers)
    ours = krippendorff_alpha(table, ordinal=ordinal)
    if len({answer for item in answers for answer in item}) == 1:
        assert np.isnan(ours)
    else:
        assert ours == pytest.approx(oracles.alpha(answers, ordinal=ordinal, levels=4), abs=1e-9)


@given(pairs)
def test_two_raters_make_the_same_alpha_as_a_table_of_pairs(answers):
    grouped = sum(coincidence_table(4, item) for item in several(answers))
    assert coincidences_of(table_of(answers)) == pytest.approx(grouped)


@given(pairs)
def test_many_tables_at_once_give_what_each_gives_alone(answers):
    alone = table_of(answers)
    stack = np.stack([alone, alone.T, alone + 1])
    for figure in (
        lambda x: cohen_kappa(x, quadratic_weights(4)),
        lambda x: gwet_ac(x, quadratic_weights(4)),
        lambda x: krippendorff_alpha(coincidences_of(x), True),
    ):
        each = [float(figure(one)) for one in stack]
        assert figure(stack) == pytest.approx(each, abs=1e-12, nan_ok=True)


@given(pairs)
def test_no_coefficient_is_above_1_and_swapping_sides_changes_none(answers):
    table = table_of(answers)
    for ours, other in (
        (cohen_kappa(table, quadratic_weights(4)), cohen_kappa(table.T, quadratic_weights(4))),
        (gwet_ac(table, quadratic_weights(4)), gwet_ac(table.T, quadratic_weights(4))),
        (
            krippendorff_alpha(coincidences_of(table), True),
            krippendorff_alpha(coincidences_of(table.T), True),
        ),
    ):
        assert ours == pytest.approx(other, abs=1e-9, nan_ok=True)
        assert np.isnan(ours) or ours <= 1 + 1e-9


@given(pairs, st.permutations(range(4)))
def test_renaming_answers_without_an_order_changes_nothing(answers, names):
    renamed = [(names[a], names[b]) for a, b in answers]
    for figure in (cohen_kappa, gwet_ac):
        ours, other = (figure(table_of(x), equal_weights(4)) for x in (answers, renamed))
        assert ours == pytest.approx(other, abs=1e-9, nan_ok=True)


@given(pairs)
def test_turning_an_ordinal_scale_round_changes_nothing(answers):
    turned = [(3 - a, 3 - b) for a, b in answers]
    ours, other = (cohen_kappa(table_of(x), quadratic_weights(4)) for x in (answers, turned))
    assert ours == pytest.approx(other, abs=1e-9, nan_ok=True)


def test_one_answer_only_leaves_kappa_and_alpha_undefined():
    table = np.array([[5.0, 0], [0, 0]])
    assert np.isnan(cohen_kappa(table, equal_weights(2)))
    assert np.isnan(krippendorff_alpha(coincidences_of(table), False))
    assert gwet_ac(table, equal_weights(2)) == 1


def test_nothing_at_all_leaves_everything_undefined():
    nothing = np.zeros((2, 2))
    assert np.isnan(
        [
            cohen_kappa(nothing, equal_weights(2)),
            gwet_ac(nothing, equal_weights(2)),
            krippendorff_alpha(nothing, True),
            mean_difference(nothing),
        ]
    ).all()
