import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.calibration.folds import folds


@given(st.lists(st.integers(0, 8), max_size=40), st.integers(0, 5))
def test_every_item_is_held_out_once_and_groups_stay_together(groups, seed):
    parts = folds(np.array(groups, dtype=np.int64), seed)
    if len(set(groups)) < 2:
        assert parts == []
        return
    assert np.sum(parts, axis=0).tolist() == [1] * len(groups)
    for part in parts:
        held = {group for group, out in zip(groups, part, strict=True) if out}
        kept = {group for group, out in zip(groups, part, strict=True) if not out}
        assert held
        assert kept
        assert not held & kept
