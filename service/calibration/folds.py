"""Held-out parts: nothing is judged by what it was fitted to."""

import numpy as np

from service.calibration.arrays import Bools, Ints, group_numbers

PARTS = 10


def folds(groups: Ints, seed: int, parts: int = PARTS) -> list[Bools]:
    """Return which items each part holds out, each of shape (n,); together they hold out every item once.

    Items of one group are in one part. There are as many parts as groups where those are fewer; one group
    alone cannot be held out and gives no part.
    """
    numbers = group_numbers(groups)
    count = int(numbers.max(initial=-1)) + 1
    if count < 2:
        return []
    parts = min(parts, count)
    part = np.random.default_rng(seed).permutation(np.arange(count) % parts)
    return [np.asarray(part[numbers] == one, dtype=np.bool_) for one in range(parts)]


def missing(what: str, labels: int, fewest: int) -> str:
    """Return the sentence that says that labels are too few to be held out."""
    if labels < fewest:
        return f"{what}: {labels} {'label' if labels == 1 else 'labels'}, at least {fewest} are needed"
    return f"{what}: all labels are of one group, so that none can be held out"
