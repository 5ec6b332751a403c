"""The level that people are expected to give, where the machine gives a certain one.

Most maps make a good judge worse, so that each has to prove itself on labels it has not seen.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from service.calibration.arrays import Bools, Floats, Ints, group_numbers
from service.calibration.folds import folds, missing
from service.domain.calibration import ScoreMap

FEWEST_LABELS = 20
ERRORS_APART = 1.0
"""By how many standard errors of the paired difference another map has to win. Source: Breiman 1984."""

LEAST_GAIN = 0.10
"""By what share of the present error it has to win as well: what nobody notices is not worth a surprise."""

MOST_LOST = 0.02
"""How much quadratic-weighted kappa it may lose: coming nearer by calling everything the same is harm."""

_PRIOR = 2.0
"""So many labels of every level are made up for the ordinal map, all where the shift would put them."""

Fit = Callable[[Floats, Floats, Floats], Floats]
"""Takes the scale's levels, the machine's levels and people's; returns the expected level for each level."""


def identity(levels: Floats, _machine: Floats, _people: Floats) -> Floats:
    """Return the levels as they are."""
    return levels


def shift(levels: Floats, machine: Floats, people: Floats) -> Floats:
    """Return the levels moved by the mean of people's less the machine's, within the ends of the scale."""
    moved = levels + (people - machine).mean()
    return np.asarray(np.clip(moved, levels[0], levels[-1]), dtype=np.float64)


def ordinal(levels: Floats, machine: Floats, people: Floats) -> Floats:
    """Return the mean of people's levels at each of the machine's, made never to fall from level to level.

    A level where labels are few leans on `shift`. Source: isotonic regression by pooling adjacent violators
    (Ayer et al. 1955).
    """
    from scipy import optimize

    places = np.searchsorted(levels, machine)
    counts = np.bincount(places, minlength=len(levels)) + _PRIOR
    sums = np.bincount(places, people, minlength=len(levels)) + _PRIOR * shift(levels, machine, people)
    return np.asarray(optimize.isotonic_regression(sums / counts, weights=counts).x, dtype=np.float64)


KINDS: dict[str, Fit] = {"identity": identity, "shift": shift, "ordinal": ordinal}
"""From the simplest to the boldest."""


def fit_score_map(
    levels: Sequence[float],
    machine: npt.ArrayLike,
    people: npt.ArrayLike,
    *,
    groups: npt.ArrayLike | None = None,
    seed: int = 0,
) -> ScoreMap | str:
    """Return the map that does no harm: identity, unless another clearly comes nearer to people.

    `levels`: the scale's numbers, ascending. `machine` and `people`, shape (n,): the machine's level, which
    is on the scale, and the mean of the raters'; NaN is left out. Items of one group (shape (n,), such as the
    conversation) are held out together.

    Each kind is cross-validated (ten parts, by `seed`) on the level nearest to what it expects. From the
    simplest to the boldest, a kind takes the place of the one before when its mean absolute error is lower
    by more than a standard error of the paired difference and by at least a tenth of identity's, and its
    quadratic-weighted kappa is at most .02 below identity's. Below 20 labels, and where one group holds them
    all, a sentence that says what is missing.

    Raises ValueError for a level of the machine's that is not on the scale.
    """
    scale = np.asarray(levels, dtype=np.float64)
    theirs, ours = np.asarray(machine, dtype=np.float64), np.asarray(people, dtype=np.float64)
    kept = ~(np.isnan(theirs) | np.isnan(ours))
    numbers = np.arange(len(kept)) if groups is None else group_numbers(groups)
    theirs, ours, numbers = theirs[kept], ours[kept], numbers[kept]
    if not np.isin(theirs, scale).all():
        raise ValueError("the machine's levels have to be on the scale")
    parts = folds(numbers, seed)
    if len(ours) < FEWEST_LABELS or not parts:
        return missing("grades are not mapped", len(ours), FEWEST_LABELS)
    held = {name: _held_out(fit, scale, theirs, ours, parts) for name, fit in KINDS.items()}
    errors = {name: np.abs(mapped - ours) for name, mapped in held.items()}
    kappas = {name: kappa(mapped, ours) for name, mapped in held.items()}
    chosen = _choose(errors, kappas, numbers)
    return ScoreMap.model_validate(
        {
            "kind": chosen,
            "expected": tuple(float(x) for x in KINDS[chosen](scale, theirs, ours)),
            "cv_mae": {name: float(error.mean()) for name, error in errors.items()},
            "n": len(ours),
            "gate": _gate(chosen, errors),
        }
    )


def nearest(levels: Floats, expected: Floats) -> Floats:
    """Return for each expected level the nearest one on the scale, the lower of two."""
    return np.asarray(levels[np.abs(expected[:, None] - levels[None, :]).argmin(axis=1)], dtype=np.float64)


def kappa(one: Floats, other: Floats) -> float:
    """Return the quadratic-weighted kappa of two columns, which may hold means: 1 where they never differ.

    1 - mean (x - y)² / (Var x + Var y + (mean x - mean y)²). Source: Cohen 1968; in this form Lin 1989.
    """
    apart = float(((one - other) ** 2).mean())
    by_chance = float(one.var() + other.var() + (one.mean() - other.mean()) ** 2)
    return 1.0 if apart <= 0 else 1 - apart / by_chance


def _held_out(fit: Fit, levels: Floats, machine: Floats, people: Floats, parts: list[Bools]) -> Floats:
    """Return the level of each item under a map that was fitted without its part, shape (n,)."""
    mapped = np.empty(len(people))
    for held in parts:
        onto = nearest(levels, fit(levels, machine[~held], people[~held]))
        mapped[held] = onto[np.searchsorted(levels, machine[held])]
    return mapped


def _choose(errors: dict[str, Floats], kappas: dict[str, float], groups: Ints) -> str:
    """Return the name of the kind that stands."""
    least = LEAST_GAIN * float(errors["identity"].mean())
    chosen = "identity"
    for name in KINDS:
        gain, spread = _paired(errors[chosen] - errors[name], groups)
        clearly_nearer = gain > ERRORS_APART * spread and gain >= least
        if clearly_nearer and kappas[name] >= kappas["identity"] - MOST_LOST:
            chosen = name
    return chosen


def _gate(chosen: str, errors: dict[str, Floats]) -> str:
    """Return in one sentence why this kind stands."""
    before, after = float(errors["identity"].mean()), float(errors[chosen].mean())
    if chosen == "identity":
        return (
            f"grades stay as they are, {before:.2f} levels off on held-out labels: no map is clearly better"
        )
    return f"{before:.2f} levels off as they are, {after:.2f} with this map, on held-out labels"


def _paired(differences: Floats, groups: Ints) -> tuple[float, float]:
    """Return mean and standard error of differences whose groups are independent."""
    mean = float(differences.mean())
    sums = np.bincount(groups, differences - mean)
    clusters = len(np.unique(groups))
    return mean, float(np.sqrt((sums**2).sum() * clusters / max(1, clusters - 1)) / len(differences))
