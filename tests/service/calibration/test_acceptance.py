import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from service.calibration.acceptance import (
    certify,
    fewest_for_a_test,
    is_wrong,
    labels_needed,
    loss_of,
    thresholds,
    upper_bound,
)
from service.calibration.looks import spent
from service.domain.scorecard import Level, Scale

FIVE = Scale(
    type="ordinal", levels=tuple(Level(level=n, points=0.5, anchor=f"{n}") for n in (0, 25, 50, 75, 100))
)
THREE = Scale(type="ordinal", levels=tuple(Level(level=n, points=0.5, anchor=f"{n}") for n in (1, 2, 3)))
YES_NO = Scale(
    type="yes_no", levels=(Level(level="no", points=0, anchor="n"), Level(level="yes", points=1, anchor="y"))
)
OTHERS = (np.arange(1_000) + 0.5) / 1_000


def spread(n):
    return np.linspace(0.0005, 0.9995, n)


@pytest.mark.parametrize(
    ("scale", "machine", "people", "wrong"),
    [
        (FIVE, 25, 50, False),
        (FIVE, 25, 75, True),
        (FIVE, "na", "na", False),
        (FIVE, "na", 0, True),
        (FIVE, 100, "na", True),
        (FIVE, 25, 30, True),
        (THREE, 1, 2, True),
        (THREE, 2, 2, False),
        (YES_NO, "yes", "no", True),
        (YES_NO, "yes", "yes", False),
        (YES_NO, "na", "yes", True),
    ],
)
def test_when_an_accepted_grade_is_wrong(scale, machine, people, wrong):
    assert is_wrong(scale, machine, people) is wrong


def test_two_levels_are_only_forgiven_on_scales_with_four():
    assert [loss_of(scale) for scale in (FIVE, THREE, YES_NO)] == ["off_by_two", "differs", "differs"]


def test_the_bound_without_an_error_worked_by_hand():
    # (1 - u)^22 = .1
    assert upper_bound(0, 22, 0.1) == pytest.approx(1 - 0.1 ** (1 / 22), abs=1e-12)
    assert upper_bound(3, 3, 0.1) == upper_bound(0, 0, 0.1) == 1.0


@given(st.integers(0, 20), st.integers(1, 100))
def test_the_bound_is_the_exact_one_of_scipy(wrong, more):
    exact = stats.binomtest(wrong, wrong + more).proportion_ci(0.8, method="exact").high
    assert upper_bound(wrong, wrong + more, 0.1) == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize(("risk", "faultless"), [(0.10, 22), (0.05, 45)])
def test_how_many_faultless_labels_a_promise_takes(risk, faultless):
    assert labels_needed(0, risk, 0.10) == faultless
    assert upper_bound(0, faultless, 0.10) <= risk < upper_bound(0, faultless - 1, 0.10)


@given(st.integers(0, 15))
def test_labels_needed_are_the_fewest_that_keep_the_bound(wrong):
    n = labels_needed(wrong, 0.1, 0.1)
    assert upper_bound(wrong, n, 0.1) <= 0.1 + 1e-12
    assert upper_bound(wrong, n - 1, 0.1) > 0.1


def test_twenty_four_faultless_labels_accept_everything_and_twenty_three_nothing():
    found = certify(spread(24), [False] * 24, OTHERS, loss="off_by_two")
    assert (found.accepted_share, found.labels, found.wrong, found.labels_missing) == (1.0, 24, 0, 0)
    assert found.upper == pytest.approx(1 - spent(0.1, 1) ** (1 / 24))
    found = certify(spread(23), [False] * 23, OTHERS, loss="off_by_two")
    assert (found.threshold, found.accepted_share, found.labels_missing) == (None, 0.0, 1)
    assert "at least 1 more" in found.note
    assert certify(spread(30), [False] * 30, OTHERS, loss="off_by_two", risk=0.05).labels_missing == 19


def test_a_later_look_needs_more_labels_and_says_so():
    first, second = (certify(spread(30), [False] * 30, OTHERS, loss="differs", look=look) for look in (1, 2))
    assert (first.threshold is not None, first.look, first.delta) == (True, 1, 0.1)
    # .9 ** 44 < .1 / 1.202 / 2 ** 3: 30 labels are no look yet
    assert (second.threshold, second.look, second.labels_missing) == (None, 0, 14)
    enough = certify(spread(44), [False] * 44, OTHERS, loss="differs", look=2)
    assert (enough.threshold is not None, enough.look, enough.delta) == (True, 2, 0.1)
    assert "look 2 at growing labels, with 1.04% of the 10%" in enough.note


@pytest.mark.parametrize("error", [0.101, 0.12])
def test_who_calibrates_again_with_every_ten_labels_breaks_no_more_promises(error):
    broken = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        confidence, wrong, look = rng.random(300), rng.random(300) < error, 1
        for n in range(30, 301, 10):
            found = certify(confidence[:n], wrong[:n], OTHERS, loss="differs", look=look)
            if found.threshold is not None:
                broken += 1
                break
            look += found.look > 0
    assert broken <= 0.13 * 200


@pytest.mark.parametrize(("labels", "fewest"), [(0, 22), (66, 22), (150, 50), (273, 91), (5_000, 91)])
def test_a_threshold_is_tested_when_one_error_does_not_decide(labels, fewest):
    assert fewest_for_a_test(labels, 0.10, 0.10) == fewest


def test_testing_stops_at_the_first_threshold_that_fails():
    # of 150 labels the 60 most confident are right, the next 30 wrong, the rest right
    confidence = spread(150)
    wrong = (np.arange(150) >= 60) & (np.arange(150) < 90)
    found = certify(confidence, wrong, OTHERS, loss="off_by_two")
    assert found.accepted_share == pytest.approx(0.4, abs=0.01)
    assert found.threshold == pytest.approx(0.6, abs=0.01)
    assert found.wrong == 0


def test_errors_among_the_most_confident_say_how_many_labels_are_missing():
    confidence, wrong = spread(200), np.arange(200) >= 191
    found = certify(confidence, wrong, OTHERS, loss="off_by_two")
    # 9 of 80 in the first two fifths; with more labels it is the second look, where 9 of 183 would do: 103
    # more there are 258 overall
    assert labels_needed(9, 0.1, spent(0.1, 2)) == 183
    assert (found.threshold, found.labels, found.wrong, found.labels_missing) == (None, 80, 9, 258)


def test_equal_confidences_are_accepted_together():
    confidence = np.array([0.9] * 60 + [0.5] * 40)
    assert thresholds(confidence) == [0.9, 0.5]
    found = certify(confidence, confidence < 0.7, confidence, loss="differs")
    assert (found.threshold, found.accepted_share) == (0.9, 0.6)


def test_grades_without_a_confidence_are_never_accepted_but_count_as_grades():
    others = np.array([0.9] * 50 + [float("nan")] * 50)
    found = certify(np.full(30, 0.9), [False] * 30, others, loss="differs")
    assert (found.threshold, found.accepted_share) == (0.9, 0.5)
    found = certify([float("nan")] * 90, [False] * 90, [float("nan")] * 9, loss="differs")
    assert found.threshold is None
    assert "no confidence" in found.note


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_hardly_any_labels_promise_nothing(n):
    found = certify(spread(n), [False] * n, OTHERS, loss="differs")
    assert (found.threshold, found.labels_missing) == (None, 24 - n)
    assert certify([], [], [], loss="differs").threshold is None


def test_a_machine_that_is_always_wrong_is_never_accepted():
    found = certify(spread(100), [True] * 100, OTHERS, loss="differs")
    assert (found.threshold, found.upper) == (None, 1.0)


def test_labels_of_unequal_probability_are_thinned_to_equal_ones():
    chance = np.array([0.8, 0.2] * 100)
    found = certify(spread(200), [False] * 200, OTHERS, loss="differs", probability=chance)
    assert 100 <= found.labels <= 150
    assert "left out" in found.note
    again = certify(spread(200), [False] * 200, OTHERS, loss="differs", probability=chance)
    assert again == found
    even = certify(spread(200), [False] * 200, OTHERS, loss="differs", probability=[0.2] * 200)
    assert even.labels == 200


@pytest.mark.parametrize("walked_in", [1, 30])
def test_labels_that_somebody_picked_are_left_out_where_enough_were_drawn(walked_in):
    chance = np.array([0.8, 0.2] * 100 + [np.nan] * walked_in)
    n = len(chance)
    found = certify(spread(n), np.arange(n) >= 200, OTHERS, loss="differs", probability=chance)
    drawn = certify(spread(n)[:200], [False] * 200, OTHERS, loss="differs", probability=chance[:200])
    assert (found.labels, found.wrong, found.threshold) == (drawn.labels, 0, drawn.threshold)
    assert f"of {n} labels left out" in found.note


def test_too_few_labels_that_were_drawn_count_with_all_others_and_the_promise_says_so():
    chance = np.array([0.2] * 23 + [np.nan] * 27)
    found = certify(spread(50), [False] * 50, OTHERS, loss="differs", probability=chance)
    assert found.labels == 50
    assert "labels without a sampling probability: 27 of 50; this holds if people picked" in found.note


def test_columns_of_unlike_length_are_refused():
    with pytest.raises(ValueError, match="as long as"):
        certify([0.5], [], [], loss="differs")


@pytest.mark.parametrize("n", [30, 60, 100])
def test_promises_are_broken_in_at_most_a_tenth_of_calibrations(n):
    rng = np.random.default_rng(n)
    broken = 0
    for _ in range(300):
        # Confidence knows nothing, and grades are wrong a hair more often than is promised.
        wrong = rng.random(n) < 0.1001
        broken += certify(rng.random(n), wrong, OTHERS, loss="differs").threshold is not None
    assert broken <= 0.15 * 300


@given(st.integers(0, 2**32 - 1), st.integers(0, 120), st.floats(0, 0.3))
def test_what_is_promised_is_what_was_seen(seed, n, error):
    rng = np.random.default_rng(seed)
    confidence, wrong = rng.choice(np.linspace(0, 1, 11), n), rng.random(n) < error
    found = certify(confidence, wrong, rng.choice(np.linspace(0, 1, 11), 200), loss="differs")
    if found.threshold is None:
        assert (found.accepted_share, found.labels_missing > 0) == (0.0, True)
    else:
        accepted = confidence >= found.threshold
        assert (found.labels, found.wrong) == (accepted.sum(), (accepted & wrong).sum())
        assert found.upper <= 0.1
        assert found.labels_missing == 0
