"""Grades what was learned from people's labels, and says plainly that it is a text model."""

import asyncio

from service.domain.evaluation import Assessment, Provenance
from service.domain.grade import (
    ConfidenceParts,
    Grade,
    GraderName,
    NotApplicable,
    Ungraded,
    UngradedReason,
    Verdict,
)
from service.domain.label import NOT_APPLICABLE
from service.domain.scorecard import Dimension, Scorecard
from service.domain.transcript import Language, RedactedConversation
from service.grading.learned.models import LearnedModels
from service.grading.learned.prediction import Prediction

RATIONALES: dict[Language, str] = {
    "en": "A text model fitted on people's grades of {labels} conversations; it cites no evidence.",
    "ru": "Оценка текстовой модели, обученной на оценках людей ({labels} разг.); цитат она не приводит.",
    "zh": "由文本模型给出，该模型依据人工对 {labels} 段对话的评分训练而成；它不引用任何证据。",
}
"""What a grade says of itself, in the scorecard's language."""


class LearnedGrader:
    """Grades the dimensions that `models` cover. Every other one is ungraded, because it needs labels: nobody
    labelled enough of it, or its levels have changed since.
    """

    name: GraderName = "learned"

    def __init__(self, models: LearnedModels) -> None:
        self._models = models

    async def grade(self, conversation: RedactedConversation, card: Scorecard) -> Assessment:
        """Return one grade for each dimension of `card`. The work is done in a thread."""
        return await asyncio.to_thread(self.assess, conversation, card)

    def assess(self, conversation: RedactedConversation, card: Scorecard) -> Assessment:
        """Return the same at once, in the caller's thread."""
        predicted = self._models.predict(conversation.turns)
        return Assessment(
            grades=tuple(self._grade(dimension, card, predicted) for dimension in card.dimensions),
            provenance=Provenance(grader=self.name, redactor="", model=f"learned-{self._models.digest}"),
        )

    def _grade(self, dimension: Dimension, card: Scorecard, predicted: dict[str, Prediction]) -> Grade:
        section = card.section_of[dimension.id]
        if not self._models.covers(dimension):
            return Grade.of(dimension, section, Ungraded(reason=UngradedReason.NEEDS_LABELS), self.name)
        labels = self._models.heads[dimension.id].labels
        return grade_of(
            predicted[dimension.id], dimension, section, RATIONALES[card.language].format(labels=labels)
        )


def grade_of(prediction: Prediction, dimension: Dimension, section: str, rationale: str) -> Grade:
    """Return the grade that says what was predicted. A prediction of "not applicable" where the dimension
    does not allow it any more is none.
    """
    if prediction.level == NOT_APPLICABLE:
        allowed = dimension.not_applicable is not None
        outcome = (
            NotApplicable(reason=rationale) if allowed else Ungraded(reason=UngradedReason.NA_NOT_ALLOWED)
        )
        grade = Grade.of(dimension, section, outcome, "learned")
        return grade.model_copy(update={"confidence": round(prediction.confidence, 3)}) if allowed else grade
    grade = Grade.of(dimension, section, Verdict(level=prediction.level, rationale=rationale), "learned")
    position = [level.level for level in dimension.scale.levels].index(prediction.level)
    parts = ConfidenceParts(level_probability=round(prediction.probabilities[position], 3))
    expected = prediction.expected_level
    return grade.model_copy(
        update={
            "confidence": round(prediction.confidence, 3),
            "confidence_parts": parts,
            "expected_level": None if expected is None else round(expected, 3),
        }
    )
