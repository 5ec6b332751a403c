import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.calibration.sampling import UnlabelledStratum, by_probability, by_share, equal, evened


def test_labels_drawn_at_random_count_alike_and_have_the_usual_variance_of_a_mean():
    values = np.array([1.0, 2.0, 4.0])
    design = equal(3)
    assert design.mean(values) == pytest.approx(7 / 3, abs=1e-12)
    # ((4/3)² + (1/3)² + (5/3)²) / 2 = 7/3, by 3: 7/9
    assert design.variance(values) == pytest.approx(7 / 9, abs=1e-12)
    assert (design.effective, design.freedom) == (pytest.approx(3.0), pytest.approx(2.0))


def test_a_label_drawn_half_as_often_counts_twice():
    design = by_probability([0.5, 0.5, 0.25])
    assert design.weights == pytest.approx([0.25, 0.25, 0.5])
    # 1 / (1/16 + 1/16 + 1/4) = 8/3
    assert design.effective == pytest.approx(8 / 3, abs=1e-12)


def test_strata_of_one_probability_each_only_vary_within():
    design = by_probability([0.5, 0.5, 0.1, 0.1], ["a", "a", "b", "b"])
    values = np.array([1.0, 1.0, 5.0, 5.0])
    assert design.variance(values) == pytest.approx(0.0, abs=1e-12)
    assert by_probability([0.5, 0.4, 0.1, 0.1], ["a", "a", "b", "b"]).strata.tolist() == [0, 0, 0, 0]


def test_shares_of_strata_are_those_of_labelled_and_unlabelled_together():
    design = by_share(["low", "low", "high"], ["high"] * 5)
    # low: 2 of 8, high: 6 of 8
    assert design.weights == pytest.approx([0.125, 0.125, 0.75])


def test_a_part_of_the_labels_keeps_how_much_they_weigh_against_each_other():
    part = by_share(["a", "a", "b", "c"], ["c"] * 4).part(np.array([True, False, False, True]))
    assert part.weights == pytest.approx([1 / 6, 5 / 6])
    assert part.strata.tolist() == [0, 1]
    assert len(equal(3).part(np.zeros(3, dtype=np.bool_)).weights) == 0


def test_a_stratum_without_a_label_is_named():
    with pytest.raises(UnlabelledStratum, match="high"):
        by_share(["low"], ["low", "high"])


def test_a_stratum_with_one_label_is_given_the_spread_of_all():
    design = by_share(["a", "a", "b"], [])
    values = np.array([1.0, 3.0, 5.0])
    # a: 2/1 · (1/9 + 1/9); b: (1/3)² · 4
    assert design.variance(values) == pytest.approx(4 / 9 + 4 / 9, abs=1e-12)


@pytest.mark.parametrize("probability", [[0.0], [1.5], [-0.1], [float("nan")]])
def test_what_is_no_sampling_probability_is_refused(probability):
    with pytest.raises(ValueError, match="sampling probability"):
        by_probability(probability)


def test_evened_labels_are_all_equally_likely():
    chance = np.array([0.5] * 40_000 + [0.1] * 40_000)
    kept = evened(chance, 0)
    assert kept[40_000:].all()
    assert kept[:40_000].mean() == pytest.approx(0.2, abs=0.01)
    assert evened(np.full(9, 0.3), 0).all()
    assert evened([], 0).tolist() == []


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=30))
def test_weights_sum_to_one_and_count_for_no_more_labels_than_there_are(probability):
    design = by_probability(probability)
    assert design.weights.sum() == pytest.approx(1.0)
    assert 1 - 1e-9 <= design.effective <= len(probability) + 1e-9
