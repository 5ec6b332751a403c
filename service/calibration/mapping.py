"""The level that people are expected to give, where the machine gives a certain one.

Most maps make a good judge worse, so that each has to prove itself on labels it has not seen.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from service.calibration.arrays import Bools, Floats, group_numbers
from service.calibration.folds import folds, missing
from service.domain.calibration import ScoreMap

FEWEST_LABELS = 20
ERRORS_APART = 1.0
"""By how many standard errors of the paired difference another map has to win. Source: Breiman 1984."""

LEAST_GAIN = 0.10
"""By what share of the present error it has to win as well: what nobody notices is not worth a surprise."""

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

    Each kind is cross-validated (ten parts, by `seed`): the mean absolute error of the level nearest to what
    it expects. From the simplest to the boldest, a kind takes the place of the one before when its error is
    lower by more than a standard error of the paired difference and by at least a tenth of identity's. Below
    20 labels, and where one group holds them all, a sentence that says what is missing.
    """
    scale = np.asarray(levels, dtype=np.float64)
    theirs, ours = np.asarray(machine, dtype=np.float64), np.asarray(people, dtype=np.float64)
    kept = ~(np.isnan(theirs) | np.isnan(ours))
    numbers = np.arange(len(kept)) if groups is None else group_numbers(groups)
    theirs, ours, numbers = theirs[kept], ours[kept], numbers[kept]
    parts = folds(numbers, seed)
    if len(ours) < FEWEST_LABELS or not parts:
        return missing("grades are not mapped", len(ours), FEWEST_LABELS)
    errors = {name: _held_out_errors(fit, scale, theirs, ours, parts) for name, fit in KINDS.items()}
    chosen, gate = _choose(errors, numbers)
    return ScoreMap.model_validate(
        {
            "kind": chosen,
            "expected": tuple(float(x) for x in KINDS[chosen](scale, theirs, ours)),
            "cv_mae": {name: float(error.mean()) for name, error in errors.items()},
            "n": len(ours),
            "gate": gate,
        }
    )


def expected_level(score_map: ScoreMap, levels: Sequence[float], level: float) -> float:
    """Return what people are expected to give where the machine gives `level` of the scale's `levels`.

    Raises ValueError for a level that is not on the scale.
    """
    return score_map.expected[list(levels).index(level)]


def nearest(levels: Floats, expected: Floats) -> Floats:
    """Return for each expected level the nearest one on the scale, the lower of two."""
    return np.asarray(levels[np.abs(expected[:, None] - levels[None, :]).argmin(axis=1)], dtype=np.float64)


def _held_out_errors(fit: Fit, levels: Floats, machine: Floats, people: Floats, parts: list[Bools]) -> Floats:
    """Return how far off each item is under a map that was fitted without its part, shape (n,)."""
    errors = np.empty(len(people))
    for held in parts:
        mapped = nearest(levels, fit(levels, machine[~held], people[~held]))
        errors[held] = np.abs(mapped[np.searchsorted(levels, machine[held])] - people[held])
    return errors


def _choose(errors: dict[str, Floats], groups: npt.NDArray[np.int64]) -> tuple[str, str]:
    """Return the name of the kind that stands, and in one sentence why."""
    base = float(errors["identity"].mean())
    chosen = "identity"
    for name in KINDS:
        gain, spread = _paired(errors[chosen] - errors[name], groups)
        if gain > ERRORS_APART * spread and gain >= LEAST_GAIN * base and gain > 0:
            chosen = name
    if chosen == "identity":
        best = min(KINDS, key=lambda name: (errors[name].mean(), name != "identity"))
        close = (
            f"{best} {errors[best].mean():.2f}, not clearly better" if best != chosen else "no map is nearer"
        )
        return chosen, f"grades are kept as they are: {base:.2f} levels off on held-out labels; {close}"
    after = errors[chosen].mean()
    return chosen, f"{base:.2f} levels off as they are, {after:.2f} with this map, on held-out labels"


def _paired(differences: Floats, groups: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Return mean and standard error of differences whose groups are independent."""
    mean = float(differences.mean())
    sums = np.bincount(groups, differences - mean)
    clusters = len(np.unique(groups))
    return mean, float(np.sqrt((sums**2).sum() * clusters / max(1, clusters - 1)) / len(differences))
