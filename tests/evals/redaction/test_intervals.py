import numpy as np
import pytest

from evals.redaction.intervals import percentiles, resampled_sums


def test_one_conversation_has_no_interval():
    assert resampled_sums([(1, 2)]) is None
    assert percentiles(None, lambda sums: sums[:, 0]) is None


def test_the_interval_of_a_mean_agrees_with_its_standard_error():
    # 200 conversations, half of them 1: the standard error is √(.25 / 200) = .0354.
    sums = resampled_sums([(number % 2, 1) for number in range(200)])
    low, high = percentiles(sums, lambda s: s[:, 0] / s[:, 1])
    assert (low, high) == pytest.approx((0.5 - 1.96 * 0.0354, 0.5 + 1.96 * 0.0354), abs=0.015)


def test_the_same_conversations_give_the_same_sums_whatever_their_order():
    rows = [(number, number**2 % 7) for number in range(50)]
    assert np.array_equal(resampled_sums(rows), resampled_sums(rows[::-1]))


def test_samples_in_which_a_rate_is_not_defined_do_not_count():
    sums = np.array([[1.0, 0.0], [1.0, 2.0], [1.0, 2.0]])
    assert percentiles(sums, lambda s: s[:, 0] / s[:, 1]) == (0.5, 0.5)
    assert percentiles(sums[:1], lambda s: s[:, 0] / s[:, 1]) is None
