"""The coefficients of agreement, each for one table of counts or for many at once.

`counts[..., a, b]` says how often one side answered `a` and the other `b`; the answers stand in the order of
the scale. Axes before the last two are kept, so that a thousand tables cost one call. Counts may be
fractions. Where a coefficient is not defined it is NaN.
"""

import numpy as np

from service.calibration.arrays import Floats


def quadratic_weights(answers: int) -> Floats:
    """Return how much credit answer `a` against `b` gets on an ordinal scale, 0 to 1 (Cohen 1968).

    w = 1 − (a − b)² / (K − 1)², for K `answers` in ranks.
    """
    ranks = np.arange(answers, dtype=np.float64)
    weights: Floats = 1 - ((ranks[:, None] - ranks) / (answers - 1)) ** 2
    return weights


def equal_weights(answers: int) -> Floats:
    """Return the credit where there is no order: 1 for the same answer, else 0."""
    return np.eye(answers)


def weighted_share(counts: Floats, weights: Floats) -> Floats:
    """Return Σ w·p, the share of the pairs that agree, each with its credit."""
    return _ratio((counts * weights).sum((-2, -1)), counts.sum((-2, -1)))


def cohen_kappa(counts: Floats, weights: Floats) -> Floats:
    """Return Cohen's weighted kappa (Cohen 1968; unweighted: Cohen 1960), with quadratic weights QWK.

    κ = (p_o − p_e) / (1 − p_e), p_o = Σ w·p_ab, p_e = Σ w·p_a·p_b with each side's own shares. Not defined
    where both sides give one and the same answer to everything.
    """
    total = counts.sum((-2, -1))[..., None]
    rows, columns = _ratio(counts.sum(-1), total), _ratio(counts.sum(-2), total)
    by_chance = ((rows @ weights) * columns).sum(-1)
    return _beyond_chance(weighted_share(counts, weights), by_chance)


def gwet_ac(counts: Floats, weights: Floats) -> Floats:
    """Return Gwet's AC1 for equal weights, AC2 for others (Gwet 2008; Handbook of Inter-Rater Reliability).

    (p_a − p_e) / (1 − p_e), p_a = Σ w·p_ab, p_e = Σ w / (K (K − 1)) · Σ π (1 − π), π the mean of both sides'
    shares of an answer. K counts the answers that can be given, whether or not they were.
    """
    answers = weights.shape[-1]
    shares = _ratio(counts.sum(-1) + counts.sum(-2), 2 * counts.sum((-2, -1))[..., None])
    by_chance = weights.sum() / (answers * (answers - 1)) * (shares * (1 - shares)).sum(-1)
    return _beyond_chance(weighted_share(counts, weights), by_chance)


def krippendorff_alpha(coincidences: Floats, ordinal: bool) -> Floats:
    """Return Krippendorff's alpha of a table of coincidences (Krippendorff, Content Analysis, 2004, 11.3).

    α = 1 − (n − 1) · Σ o_ab·δ²_ab / Σ n_a·n_b·δ²_ab; n_a is the sum of row `a`, n that of all. δ is 1 between
    different answers without order. With it, it is the number of values from `a` to `b`, of which those at
    both ends count half: the difference of their mid-ranks. Not defined where there is one answer only.
    """
    margins = coincidences.sum(-1)
    distances = _mid_rank_distances(margins) if ordinal else 1 - np.eye(margins.shape[-1])
    observed = (coincidences * distances).sum((-2, -1))
    expected = (margins[..., :, None] * margins[..., None, :] * distances).sum((-2, -1))
    return 1 - _ratio((margins.sum(-1) - 1) * observed, expected)


def coincidences_of(counts: Floats) -> Floats:
    """Return the coincidences of two raters who both answered everything: each pair in both orders."""
    return counts + np.swapaxes(counts, -2, -1)


def mean_difference(counts: Floats) -> Floats:
    """Return the mean of second side minus first, in ranks."""
    return weighted_share(counts, _differences(counts.shape[-1]))


def mean_distance(counts: Floats) -> Floats:
    """Return the mean of abs(second side minus first), in ranks."""
    return weighted_share(counts, np.abs(_differences(counts.shape[-1])))


def _differences(answers: int) -> Floats:
    ranks = np.arange(answers, dtype=np.float64)
    return ranks[None, :] - ranks[:, None]


def _mid_rank_distances(margins: Floats) -> Floats:
    mid_ranks = np.cumsum(margins, -1) - margins / 2
    distances: Floats = (mid_ranks[..., :, None] - mid_ranks[..., None, :]) ** 2
    return distances


def _beyond_chance(share: Floats, by_chance: Floats) -> Floats:
    return _ratio(share - by_chance, 1 - by_chance)


def _ratio(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(whole == 0, np.nan, part / whole))
