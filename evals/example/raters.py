"""Three label columns, constructed: no person graded anything here.

A rater's place on a scale of k steps is

    truth + (severity + halo + noise) · k / 4

rounded to a level: severity, halo (one draw for a rater and conversation: who likes a conversation likes all
of it) and noise (one draw for each label) are in levels of a five-level scale.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from evals.example.draws import chance
from evals.example.scale import level_at, position, steps
from evals.example.script import Script
from service.domain.label import NOT_APPLICABLE, Label
from service.domain.scorecard import Dimension, LevelValue, Scorecard


class Rater(NamedTuple):
    """A constructed rater: how much higher than the truth they grade, and which share of the conversations
    and of the questions they leave out.
    """

    name: str
    severity: float
    skips: float
    noise: float = 1.0
    forgets: float = 0.02


class Sampled(NamedTuple):
    """Why a conversation was labelled: its stratum, and the probability of being drawn from it."""

    stratum: str
    probability: float


RATERS = (
    Rater("r1", severity=0.0, skips=0.0),
    Rater("r2", severity=-0.5, skips=0.15),
    Rater("r3", severity=0.3, skips=0.2, noise=1.15),
)

NOISE = {
    "greeting": 0.75,
    "needs": 0.75,
    "identity_check": 1.35,
    "hold_announced": 1.35,
    "information": 0.65,
    "resolution": 0.8,
    "empathy": 0.75,
    "closing": 0.75,
}
"""Standard deviation of the noise by dimension, in levels of a five-level scale."""

HALO = 0.25
_SEES_NA, _IMAGINES_NA = 0.85, 0.04
_UNSURE = 0.5


def labels_of(script: Script, card: Scorecard, started: datetime, sampled: Sampled | None) -> Iterator[Label]:
    """Yield what the raters say of one conversation."""
    for rater in RATERS:
        random_of = chance(script.id, rater.name)
        if random_of.random() < rater.skips:
            continue
        halo = random_of.gauss(0, HALO)
        when = started + timedelta(seconds=int((1 + 4 * random_of.random()) * 86400))
        for dimension in card.dimensions:
            level = _level(script, dimension, rater, halo)
            if level is not None:
                yield Label(
                    dimension=dimension.id,
                    rater=rater.name,
                    level=level,
                    blind=True,
                    stratum=sampled and sampled.stratum,
                    probability=sampled and sampled.probability,
                    scorecard=card.name,
                    created_at=when,
                )


def _level(script: Script, dimension: Dimension, rater: Rater, halo: float) -> LevelValue | None:
    """Return the label, None where the question is not asked or the rater left it out."""
    truth = script.truth.get(dimension.id)
    random_of = chance(script.id, rater.name, dimension.id)
    if truth is None or random_of.random() < rater.forgets:
        return None
    na = _SEES_NA if truth == NOT_APPLICABLE else _IMAGINES_NA
    if dimension.not_applicable is not None and random_of.random() < na:
        return NOT_APPLICABLE
    middle = steps(dimension) * _UNSURE
    place = middle if truth == NOT_APPLICABLE else position(dimension, truth)
    noise = random_of.gauss(0, NOISE[dimension.id] * rater.noise)
    return level_at(dimension, place + (rater.severity + halo + noise) * steps(dimension) / 4)
