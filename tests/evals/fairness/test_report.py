import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.fairness.comparing import Pair, Standing, Trial, Tried
from evals.fairness.report import make_report, share
from evals.fairness.table import notes


def pair(flipped, dimension="a", shift=None):
    levels = (3, 1) if flipped else (3, 3)
    before, after = (Standing(outcome="graded", level=level) for level in levels)
    return Pair(dimension=dimension, before=before, after=after, shift=shift)


def tried(number, *, flipped, state="compared"):
    pairs = tuple(pair(flipped, d, -1.0 if flipped else 0.0) for d in "ab") if state == "compared" else ()
    trial = Trial(swap="gender-agent", state=state, pairs=pairs)
    return Tried(id=str(number), trials=(trial,), repeats=((pair(False, "a"), pair(False, "b")),))


def test_grades_that_flip_together_count_as_few():
    together = share([[pair(i < 5)] * 8 for i in range(10)])
    apart = share([[pair((i + j) % 2) for j in range(8)] for i in range(10)])
    assert (together.value, apart.value) == (0.5, 0.5)
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_without_a_flip_the_interval_is_that_of_as_many_grades_as_conversations():
    # Wilson for 0 of 10: z² / (n + z²) = 3.8415 / 13.8415.
    none = share([[pair(False)] * 20 for _ in range(10)])
    assert (none.value, none.low) == (0, 0)
    assert none.high == pytest.approx(3.8415 / 13.8415, abs=1e-4)


def test_identical_conversations_are_counted_and_in_no_share():
    report = make_report([tried(0, flipped=True), tried(1, flipped=False, state="identical")])
    (swap,) = report.swaps
    assert (swap.compared, swap.identical, swap.overall.swapped.grades) == (1, 1, 2)


def test_the_shift_has_a_direction_and_an_interval_once_there_are_enough():
    few = make_report([tried(i, flipped=i % 2) for i in range(4)]).swaps[0].overall.shift
    many = make_report([tried(i, flipped=i % 2) for i in range(20)]).swaps[0].overall.shift
    assert (few.mean, few.low) == (-0.5, None)
    assert many.low < -0.5 < many.high < 0


def test_without_repeats_the_difference_is_the_share_itself_and_one_says_so():
    one = tried(0, flipped=True).model_copy(update={"repeats": ()})
    report = make_report([one])
    row = report.swaps[0].overall
    assert (row.excess, row.excess_low) == (row.swapped.value, row.swapped.low)
    assert any("cannot be told from a model that wavers" in sentence for sentence in notes(report))


def test_nothing_at_all_gives_no_figures():
    report = make_report([Tried(id="0", failed="away")])
    assert (report.failed, report.swaps, report.repeats.value) == (1, (), None)


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=6), min_size=1, max_size=12))
def test_an_interval_holds_its_share_and_stays_between_0_and_1(groups):
    found = share([[pair(flipped) for flipped in group] for group in groups])
    assert 0 <= found.low <= found.value <= found.high <= 1
