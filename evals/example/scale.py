"""Levels of the example's scorecard as numbers, so that one rule serves every scale."""

from functools import cache
from importlib.resources import files

from service.domain.scorecard import Dimension, LevelValue, Scorecard
from service.domain.scorecard_file import read_scorecard


@cache
def card() -> Scorecard:
    """Return the example's scorecard."""
    return read_scorecard((files(__package__) / "scorecard.yaml").read_text("utf-8"))


def position(dimension: Dimension, level: LevelValue | float) -> float:
    """Return where `level` stands on the scale, 0 for its first level; between two levels a fraction."""
    if isinstance(level, str):
        return float([one.level for one in dimension.scale.levels].index(level))
    return float(level) - float(dimension.scale.levels[0].level)


def level_at(dimension: Dimension, place: float) -> LevelValue:
    """Return the level nearest to `place`, the first or last one where that lies beyond the scale."""
    levels = dimension.scale.levels
    return levels[min(max(int(place + 0.5), 0), len(levels) - 1)].level


def steps(dimension: Dimension) -> int:
    """Return how many steps lead from the first level to the last."""
    return len(dimension.scale.levels) - 1
