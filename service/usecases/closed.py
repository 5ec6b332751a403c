"""Whether a person has to look at a dimension that the answer to another one closed."""

from service.domain.evaluation import Assessment
from service.domain.grade import UNCALIBRATED, Grade
from service.domain.scorecard import Scorecard, WhenDimension
from service.grading.conditions import asked_only_when


def like_their_conditions(card: Scorecard, before: Assessment, done: Assessment) -> Assessment:
    """Return a calibrated assessment in which what another grade closed is accepted where that one is.

    Nobody judged it, so that it has no confidence of its own. What asked for a person `before` it was
    calibrated still does.
    """
    free = {grade.dimension for grade in before.grades if grade.disposition_reason == UNCALIBRATED}
    given = {grade.dimension: grade for grade in done.grades}
    for dimension in card.dimensions:
        grade, condition = given.get(dimension.id), dimension.ask_when
        if grade is None or not isinstance(condition, WhenDimension) or grade.dimension not in free:
            continue
        other = given.get(condition.dimension)
        if other is not None and grade.not_applicable_reason == asked_only_when(condition):
            given[dimension.id] = _following(grade, other)
    return done.model_copy(update={"grades": tuple(given[grade.dimension] for grade in done.grades)})


def _following(grade: Grade, other: Grade) -> Grade:
    why = f"it is closed by {other.dimension}, and follows it: {other.disposition_reason}"
    return grade.model_copy(update={"disposition": other.disposition, "disposition_reason": why})
