"""The arithmetic of a scorecard.

Score = 100 × Σ weight·points / Σ weight over the graded dimensions of each section, then over the sections
that have any. What is not applicable or ungraded is in neither sum: its weight is shared out over the rest.
"""

from collections.abc import Iterable, Mapping, Sequence

from service.domain.base import Model
from service.domain.grade import Grade
from service.domain.scorecard import Scorecard, Section

ENOUGH_GRADED = 0.5
"""The share of the weight that applies which has to be graded before anybody passes or fails."""


class Score(Model):
    """The score of a card: 0 to 100, or None when nothing was graded.

    `passed` is None when nothing was graded, and when less than half of the weight that applies was: what is
    left open could turn such a verdict round.
    """

    value: float | None
    passed: bool | None
    auto_failed_by: str | None
    graded: int
    ungraded: int
    not_applicable: int


def score(card: Scorecard, grades: Sequence[Grade]) -> Score:
    """Return the score of `grades` on `card`. A dimension without a grade counts as ungraded."""
    by_dimension = {grade.dimension: grade for grade in grades}
    failed_by = _first_auto_fail(card, by_dimension)
    value = 0.0 if failed_by else _card_value(card, by_dimension)
    if value is not None:
        value = round(value, 2)  # before it is compared: nobody fails at 75 for 74.9999999
    count = [by_dimension[d.id].outcome if d.id in by_dimension else "ungraded" for d in card.dimensions]
    return Score(
        value=value,
        passed=_passed(card, by_dimension, value, failed_by),
        auto_failed_by=failed_by,
        graded=count.count("graded"),
        ungraded=count.count("ungraded"),
        not_applicable=count.count("not_applicable"),
    )


def _passed(
    card: Scorecard, grades: dict[str, Grade], value: float | None, failed_by: str | None
) -> bool | None:
    if failed_by is not None:
        return False
    if value is None or graded_share(card, grades) < ENOUGH_GRADED:
        return None
    return value >= card.pass_mark


def graded_share(card: Scorecard, grades: Mapping[str, Grade]) -> float:
    """Return the share, 0 to 1, of the weight that applies which is graded."""
    graded = applies = 0.0
    for section in card.sections:
        total = sum(dimension.weight for dimension in section.dimensions)
        for dimension in section.dimensions:
            outcome = grades[dimension.id].outcome if dimension.id in grades else "ungraded"
            weight = section.weight * dimension.weight / total
            applies += weight if outcome != "not_applicable" else 0.0
            graded += weight if outcome == "graded" else 0.0
    return graded / applies if applies else 0.0


def weighted_mean(pairs: Iterable[tuple[float, float]]) -> float | None:
    """Return Σ weight·value / Σ weight over ``(weight, value)`` pairs, or None when there are none."""
    pairs = list(pairs)
    total = sum(weight for weight, _ in pairs)
    return sum(weight * value for weight, value in pairs) / total if pairs else None


def _card_value(card: Scorecard, grades: dict[str, Grade]) -> float | None:
    sections = [(section.weight, section_value(section, grades)) for section in card.sections]
    mean = weighted_mean((weight, value) for weight, value in sections if value is not None)
    return None if mean is None else 100 * mean


def section_value(section: Section, grades: Mapping[str, Grade]) -> float | None:
    """Return the value of a section, 0 to 1, or None when nothing of it is graded."""
    if section_failed_by(section, grades) is not None:
        return 0.0
    points = ((d.weight, grades[d.id].points) for d in section.dimensions if d.id in grades)
    return weighted_mean((weight, given) for weight, given in points if given is not None)


def section_failed_by(section: Section, grades: Mapping[str, Grade]) -> str | None:
    """Return the first dimension whose lowest level takes all points from its section, or None."""
    for dimension in section.dimensions:
        grade = grades.get(dimension.id)
        if dimension.auto_fail != "section" or grade is None or grade.points is None:
            continue
        if grade.level == dimension.scale.lowest.level:
            return dimension.id
    return None


def _first_auto_fail(card: Scorecard, grades: dict[str, Grade]) -> str | None:
    for dimension in card.dimensions:
        grade = grades.get(dimension.id)
        lowest = (
            grade is not None and grade.outcome == "graded" and grade.level == dimension.scale.lowest.level
        )
        if dimension.auto_fail == "card" and lowest:
            return dimension.id
    return None
