"""How strongly a model is held back: what predicts best what it has not seen, inside what it may see."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from service.grading.learned.folds import folds
from service.grading.learned.space import Floats

INNER_FOLDS = 5
INNER_SEED = 17
"""Any fixed number."""

Predict = Callable[[Floats], Floats]
"""From scores (conversations, components) to predictions (conversations, outputs)."""

Fit = Callable[[Floats, Floats, float], Predict]
"""From scores, targets (conversations, outputs) and a strength to a model."""


class Tuned(NamedTuple):
    """The strength that was chosen, and what a model of it predicted of each conversation held out."""

    strength: float
    held_out: Floats


def tune(
    fit: Fit,
    scores: Floats,
    targets: Floats,
    groups: Sequence[str],
    strengths: Sequence[float],
    loss: Callable[[Floats, Floats], float],
) -> Tuned:
    """Return the strength with the least loss over `INNER_FOLDS` folds; of equals the first.

    `loss` takes predictions and targets. There must be two groups at least.
    """
    tried = [Tuned(strength, _held_out(fit, scores, targets, groups, strength)) for strength in strengths]
    return min(tried, key=lambda one: loss(one.held_out, targets))


def _held_out(fit: Fit, scores: Floats, targets: Floats, groups: Sequence[str], strength: float) -> Floats:
    predicted = np.zeros_like(targets)
    for train, test in folds(groups, INNER_FOLDS, INNER_SEED):
        predicted[test] = fit(scores[train], targets[train], strength)(scores[test])
    return predicted
