"""What the gate's benchmark simulates, in small."""

import numpy as np

from benchmarks.gate import WAYS, _base, _luck, fails, lowered, off

TRUTH = np.full((40, 3), 3)


def test_answers_that_are_off_are_one_level_off_in_three_of_ten():
    found = off(np.random.default_rng(0), np.full((400, 3), 3), 2)
    assert found.shape == (2, 400, 3)
    assert set(np.unique(found)) == {2, 3, 4}
    assert abs((found != 3).mean() - 0.3) < 0.05


def test_a_harsher_build_is_lower_on_one_dimension_only_and_fails():
    harsher = lowered(np.random.default_rng(0), TRUTH[None], 0.5)
    assert (harsher[..., 1:] == 3).all()
    assert set(np.unique(harsher[..., 0])) == {1, 3}
    assert fails(TRUTH, TRUTH[None], harsher)
    assert not fails(TRUTH, TRUTH[None], TRUTH[None])


def test_the_same_seed_gives_the_same_table_with_a_row_for_each_way():
    once, again = (_base(0, 2, 5) for _ in range(2))
    assert once == again
    assert sum(line.startswith(f"| {way} |") for way in WAYS for line in _luck([once])) == len(WAYS)
