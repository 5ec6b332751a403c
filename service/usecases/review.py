"""What reviews make of a result: whose level counts where, the score it gives, and what is still open."""

from collections.abc import Collection, Mapping, Sequence

from service.domain.errors import FieldProblem, InvalidInput
from service.domain.evaluation import Evaluation
from service.domain.grade import Grade, NotApplicable, Outcome, Ungraded, UngradedReason, Verdict
from service.domain.label import NOT_APPLICABLE
from service.domain.levels import OffTheScale, level_on
from service.domain.review import CurrentReview, GivenVerdict, Review
from service.domain.score import Score, score
from service.domain.scorecard import Dimension, LevelValue, Scorecard, WhenDimension
from service.grading.conditions import asked_only_when


def machine_level(grade: Grade) -> LevelValue | None:
    """Return the machine's answer: a level, ``"na"``, or None where it gave no grade."""
    return NOT_APPLICABLE if grade.outcome == "not_applicable" else grade.level


def current_reviews(evaluation: Evaluation) -> dict[str, CurrentReview]:
    """Return people's last word by dimension."""
    return {grade.dimension: grade.review for grade in evaluation.grades if grade.review is not None}


def merged_grades(
    card: Scorecard, grades: Sequence[Grade], said: Mapping[str, CurrentReview]
) -> tuple[Grade, ...]:
    """Return the grades with people's levels where there are any.

    Where a person's level closes a dimension that hangs on it, that does not apply; where it opens one that
    was closed, that is ungraded until somebody answers it.
    """
    given = {grade.dimension: grade for grade in grades}
    merged: dict[str, Grade] = {}
    for dimension in card.dimensions:
        grade = given.get(dimension.id)
        if grade is None:
            continue
        review = said.get(dimension.id)
        outcome = (
            _closed_or_opened(dimension, grade, merged, said) if review is None else _said(review, grade)
        )
        section = card.section_of[dimension.id]
        merged[dimension.id] = (
            grade if outcome is None else Grade.of(dimension, section, outcome, grade.grader)
        )
    return tuple(merged.values())


def reviewed_score(card: Scorecard, grades: Sequence[Grade], said: Mapping[str, CurrentReview]) -> Score:
    """Return the score with people's levels."""
    return score(card, merged_grades(card, grades, said))


def still_open(
    card: Scorecard, grades: Sequence[Grade], said: Mapping[str, CurrentReview]
) -> tuple[str, ...]:
    """Return the dimensions that wait for a person: those whose grade asks for one, those that a person's
    level on another one opened, and none that such a level closed.
    """
    merged = {grade.dimension: grade for grade in merged_grades(card, grades, said)}
    by_id = {dimension.id: dimension for dimension in card.dimensions}
    settled: set[str] = set(said)
    waiting = []
    for grade in grades:
        if grade.dimension in said:
            continue
        merged_one = merged[grade.dimension]
        if _waits(grade, merged_one, closed=_is_closed(by_id[grade.dimension], merged_one, settled)):
            waiting.append(grade.dimension)
        else:
            settled.add(grade.dimension)
    return tuple(waiting)


def closed_ones(card: Scorecard, evaluation: Evaluation, new: Sequence[Review]) -> dict[str, str]:
    """Return which of new reviews give a level to a dimension that is not asked, even with all of them, and
    why that cannot be.
    """
    said = current_reviews(evaluation) | {one.dimension: one.current(1) for one in new}
    merged = {grade.dimension: grade for grade in merged_grades(card, evaluation.grades, said)}
    given = {grade.dimension: grade for grade in evaluation.grades}
    by_id = {dimension.id: dimension for dimension in card.dimensions}
    found = {}
    for one in new:
        condition = by_id[one.dimension].ask_when
        if condition is None or one.level in (None, NOT_APPLICABLE):
            continue
        why = asked_only_when(condition)
        other = merged.get(condition.dimension) if isinstance(condition, WhenDimension) else None
        if isinstance(condition, WhenDimension):
            closed = other is not None and other.outcome != "ungraded" and other.level != condition.level
        else:
            closed = given[one.dimension].not_applicable_reason == why
        if closed:
            found[one.dimension] = f"{one.dimension!r} is {why}, which it is not"
    return found


def _is_closed(dimension: Dimension, merged: Grade, settled: Collection[str]) -> bool:
    """Whether a settled answer to another dimension closes it, so that nobody has to answer it."""
    condition = dimension.ask_when
    if not isinstance(condition, WhenDimension) or condition.dimension not in settled:
        return False
    return merged.not_applicable_reason == asked_only_when(condition)


def _waits(machine: Grade, merged: Grade, *, closed: bool) -> bool:
    if closed:
        return False
    if machine.outcome == merged.outcome:
        return machine.disposition == "needs_review"
    return merged.outcome == "ungraded"


def answer_of(dimension: Dimension, grade: Grade, given: GivenVerdict) -> LevelValue | None:
    """Return the level that a verdict stands for. Raises InvalidInput where it cannot mean it."""
    stands = machine_level(grade)
    if given.level is None:
        return stands
    try:
        level = level_on(dimension, given.level)
    except OffTheScale as error:
        raise _wrong("level", str(error)) from None
    if given.verdict == "accept" and level != stands:
        raise _wrong("level", f"the grade is {stands!r}: leave `level` out to accept it, or overrule it")
    if given.verdict == "overrule" and level == stands:
        raise _wrong("level", f"the grade is {stands!r} already: accept it")
    return level


def _wrong(field: str, detail: str) -> InvalidInput:
    return InvalidInput([FieldProblem(f"/{field}", detail)])


def _said(review: CurrentReview, grade: Grade) -> Outcome | None:
    if review.verdict == "accept":
        return None
    if review.level == NOT_APPLICABLE:
        return NotApplicable(reason=review.reason or "")
    if review.level is None:
        return None
    return Verdict(level=review.level, rationale=review.reason or "", evidence=grade.evidence)


def _closed_or_opened(
    dimension: Dimension, grade: Grade, merged: Mapping[str, Grade], said: Mapping[str, CurrentReview]
) -> Outcome | None:
    """Return what people's answers to other dimensions make of one that nobody reviewed, None for nothing."""
    condition = dimension.ask_when
    if not isinstance(condition, WhenDimension) or not said:
        return None
    other = merged.get(condition.dimension)
    if other is None or other.outcome == "ungraded":
        return None
    why = asked_only_when(condition)
    met = other.outcome == "graded" and other.level == condition.level
    if not met and grade.outcome != "not_applicable":
        return NotApplicable(reason=why)
    if met and grade.outcome == "not_applicable" and grade.not_applicable_reason == why:
        return Ungraded(reason=UngradedReason.NO_CONDITION)
    return None
