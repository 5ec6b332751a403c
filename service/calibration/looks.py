"""How often somebody looks at growing labels before a promise comes out, and what each look may cost."""

import hashlib
import json
from collections.abc import Sequence

from service.calibration.sample import Sample, blind_labels

_APERY = 1.2020569031595942
"""Σ 1/k³ over all k from 1 on."""


def spent(delta: float, look: int) -> float:
    """Return how much of `delta` the look of this number, from 1 on, may use: δ / (1.202 · k³).

    All looks together use `delta` however many there are, so that whoever calibrates until a promise comes
    out breaks it no more often than was promised (union bound; spending by look: Lan & DeMets 1983). This
    series leaves the first look 83 % of delta; 1/k² leaves it 61 % and halving 50 %, with which 30 labels
    promise half as much.
    """
    return delta / (_APERY * look**3)


def digest_of(sample: Sample, seed: int) -> str:
    """Return the digest of what a look sees: the labels that count, on which evaluations; and the seed, where
    it decides which labels are left out (see `evened`).
    """
    seen = sorted(
        (one.evaluation.id, label.dimension, label.rater, str(label.level), label.probability or 0.0)
        for one in sample.evaluations
        for label in blind_labels(one)
    )
    known = {row[-1] for row in seen} - {0.0}
    drawn = seed if len(known) > 1 else None
    return hashlib.sha256(json.dumps([seen, drawn]).encode()).hexdigest()


def look_of(digest: str, earlier: Sequence[str]) -> int:
    """Return the number of a look, given the digests of earlier ones, oldest first; ``""``: nobody knows.

    The same labels seen again are the same look, with the same result.
    """
    looks: list[str] = []
    for one in earlier:
        if not one or one not in looks:
            looks.append(one)
    return looks.index(digest) + 1 if digest in looks else len(looks) + 1
