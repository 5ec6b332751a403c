"""Which conversations are held out together: seeded, and blind to every label."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.grading.learned.ngrams import Said

Places = NDArray[np.int64]


class Fold(NamedTuple):
    """Positions of the conversations that are learned from, and of those that are held out."""

    train: Places
    test: Places


def same_text(turns: Sequence[Said]) -> str:
    """Return a name that conversations share exactly when the same was said in them."""
    said = hashlib.sha256()
    for turn in turns:
        said.update(f"{turn.speaker}\t{len(turn.text)}\t{turn.text}\n".encode("utf-8", "surrogatepass"))
    return said.hexdigest()


def folds(groups: Sequence[str], number: int, seed: int) -> list[Fold]:
    """Return at most `number` folds of about the same number of groups; each position is held out once.

    Those of one group are held out together. Only groups and seed decide, so that no label can tell where its
    conversation is. With fewer than two groups there is nothing to hold out, and no fold.
    """
    names = sorted(set(groups))
    number = min(number, len(names))
    if number < 2:
        return []
    order = np.random.default_rng(seed).permutation(len(names))
    of_name = {name: int(order[at]) % number for at, name in enumerate(names)}
    of = np.array([of_name[group] for group in groups])
    return [Fold(np.flatnonzero(of != fold), np.flatnonzero(of == fold)) for fold in range(number)]
