"""What people said of a whole conversation: one answer for each dimension, and the score these give."""

from collections.abc import Collection, Iterable, Sequence

from service.calibration.cases import consensus
from service.domain.grade import Grade, NotApplicable, Outcome, Verdict
from service.domain.label import NOT_APPLICABLE, Label
from service.domain.score import Score, score
from service.domain.scorecard import Dimension, Scorecard


def score_by_people(
    card: Scorecard, labels: Sequence[Label], closed: Collection[str] = frozenset()
) -> Score | None:
    """Return the score that people's blind labels give, None where they leave a dimension open.

    A dimension that is only asked on a condition, and that nobody labelled, is taken for not applicable where
    the machine said so, which is what `closed` holds.
    """
    grades = []
    for section in card.sections:
        for dimension in section.dimensions:
            outcome = _outcome(dimension, labels, is_closed=dimension.id in closed)
            if outcome is None:
                return None
            grades.append(Grade.of(dimension, section.id, outcome, "llm"))
    return score(card, grades)


def closed_by(grades: Iterable[Grade]) -> set[str]:
    """Return the dimensions that a machine called not applicable."""
    return {grade.dimension for grade in grades if grade.outcome == "not_applicable"}


def _outcome(dimension: Dimension, labels: Sequence[Label], *, is_closed: bool) -> Outcome | None:
    levels = [label.level for label in labels if label.dimension == dimension.id and label.blind is not False]
    if not levels and dimension.ask_when is not None and is_closed:
        return NotApplicable(reason="")
    answer = consensus(dimension.scale, levels)
    if answer == NOT_APPLICABLE:
        return NotApplicable(reason="")
    if answer is None or dimension.scale.find(answer) is None:
        return None
    return Verdict(level=answer, rationale="")
