"""Coaching that passes the same checks as grades: few points, each with words that were said."""

from collections.abc import Iterable, Sequence

from service.domain.grade import Coaching, CoachingPoint, Evidence, Grade
from service.domain.scorecard import Dimension, Scorecard
from service.grading.answer import Answer, ProposedPoint
from service.grading.evidence import EvidenceCheck
from service.grading.problem import RejectedQuote

MOST_POINTS = 3
"""Strengths and improvements each: nobody works on more at once."""


def verified_points(
    answer: Answer, card: Scorecard, check: EvidenceCheck
) -> tuple[Coaching, list[RejectedQuote]]:
    """Return the points that the model proposed and that are proved, and the quotes of the others. Points on
    dimensions that the card does not have are left out.
    """
    dimensions = {dimension.id: dimension for dimension in card.dimensions}
    rejected: list[RejectedQuote] = []

    def verified(points: Iterable[ProposedPoint]) -> tuple[CoachingPoint, ...]:
        found = [
            _verified(point, dimensions[point.dimension], check)
            for point in points
            if point.dimension in dimensions
        ]
        rejected.extend(point for point in found if isinstance(point, RejectedQuote))
        return tuple(point for point in found if isinstance(point, CoachingPoint))

    strengths, improvements = verified(answer.strengths), verified(answer.improvements)
    return Coaching(strengths=strengths, improvements=improvements, unproved=len(rejected)), rejected


def finish_coaching(
    proposed: Coaching, card: Scorecard, grades: Sequence[Grade], check: EvidenceCheck
) -> Coaching:
    """Return the coaching that goes back: proposed points where they fit the grades, else points made from
    grades.

    Improvements: at most three, one a dimension, the largest loss first. Strengths: at most three, and at
    least one where a dimension got full points and words can be shown for it.
    """
    losses = weighted_losses(card, grades)
    lost = {d: loss for d, loss in losses.items() if loss > 0}
    won = [grade for grade in grades if grade.points]
    full = [grade for grade in won if grade.points == 1]
    short = sorted((g for g in grades if g.dimension in lost), key=lambda g: -lost[g.dimension])
    weights = {dimension.id: dimension.weight for dimension in card.dimensions}
    heaviest = sorted(full, key=lambda g: -weights[g.dimension])

    strengths = _fitting(proposed.strengths, {grade.dimension for grade in won})
    improvements = sorted(_fitting(proposed.improvements, set(lost)), key=lambda p: -lost[p.dimension])
    return Coaching(
        strengths=tuple((strengths or _made_from(heaviest, card, check))[:MOST_POINTS]),
        improvements=tuple((improvements or _made_from(short, card, check))[:MOST_POINTS]),
        unproved=proposed.unproved,
    )


def weighted_losses(card: Scorecard, grades: Sequence[Grade]) -> dict[str, float]:
    """Return by dimension what its missing points cost the card, 0 to 1: (1 − points) × weight / Σ weight in
    its section × section weight / Σ section weights, over what was graded. A dimension that failed the whole
    card costs 1, one that failed its section costs all of the section.
    """
    graded = {grade.dimension: grade for grade in grades if grade.points is not None}
    sections = [(s, [d for d in s.dimensions if d.id in graded]) for s in card.sections]
    total = sum(section.weight for section, dimensions in sections if dimensions)
    losses: dict[str, float] = {}
    for section, dimensions in sections:
        inside = sum(dimension.weight for dimension in dimensions)
        for dimension in dimensions:
            share = section.weight / total
            losses[dimension.id] = _loss(dimension, graded[dimension.id], share, inside)
    return losses


def _loss(dimension: Dimension, grade: Grade, section_share: float, inside: float) -> float:
    if dimension.auto_fail and grade.level == dimension.scale.lowest.level:
        return 1.0 if dimension.auto_fail == "card" else section_share
    return (1 - (grade.points or 0.0)) * dimension.weight / inside * section_share


def _verified(
    point: ProposedPoint, dimension: Dimension, check: EvidenceCheck
) -> CoachingPoint | RejectedQuote:
    evidence = check.quote(point.claim.turn, point.claim.quote, dimension.about)
    if not isinstance(evidence, Evidence):
        return RejectedQuote(point.claim.turn, point.claim.quote, evidence)
    return CoachingPoint(dimension=dimension.id, text=point.text, evidence=(evidence,))


def _fitting(points: Iterable[CoachingPoint], dimensions: set[str]) -> list[CoachingPoint]:
    """Keep the first point on each of `dimensions`, so that no point contradicts the grade it belongs to."""
    first: dict[str, CoachingPoint] = {}
    for point in points:
        if point.dimension in dimensions:
            first.setdefault(point.dimension, point)
    return list(first.values())


def _made_from(grades: Iterable[Grade], card: Scorecard, check: EvidenceCheck) -> list[CoachingPoint]:
    dimensions = {dimension.id: dimension for dimension in card.dimensions}
    points = []
    for grade in grades:
        evidence = _words_for(grade, dimensions[grade.dimension], check)
        if evidence and grade.rationale:
            points.append(CoachingPoint(dimension=grade.dimension, text=grade.rationale, evidence=evidence))
    return points


def _words_for(grade: Grade, dimension: Dimension, check: EvidenceCheck) -> tuple[Evidence, ...]:
    """Return the grade's evidence; for one that rests on absence, the beginning of what was searched."""
    if grade.evidence or grade.absence is None:
        return grade.evidence
    opening = check.opening(grade.absence, dimension.about)
    return () if opening is None else (opening,)
