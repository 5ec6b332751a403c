"""Columns of numbers: their type, and what several statistics do to them."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
"""Numbers, shape (n,) unless said otherwise."""

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def group_numbers(groups: npt.ArrayLike) -> Ints:
    """Return for each item the number of its group, from 0, in ascending order of the groups' names."""
    return np.unique(np.asarray(groups), return_inverse=True)[1].astype(np.int64).reshape(-1)
