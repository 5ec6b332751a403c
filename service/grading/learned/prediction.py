"""What a text model says of one conversation on one dimension."""

from dataclasses import dataclass

from service.domain.scorecard import LevelValue


@dataclass(frozen=True, slots=True)
class Prediction:
    """`level` is on the scale, or ``"na"``.

    `confidence` is the probability that people are within one level of it (on scales without an order: give
    the same answer), `probabilities` that of each level in the scale's order where the dimension applies;
    both as the labels let expect. `expected_level` is the mean level that people are expected to give, in the
    scale's own numbers, None on scales without an order. `not_applicable` is the probability that it does
    not apply, 0 where that was not learned.
    """

    level: LevelValue
    confidence: float
    probabilities: tuple[float, ...]
    expected_level: float | None = None
    not_applicable: float = 0.0
