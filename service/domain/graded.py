"""What a report needs of a graded conversation: few enough words that a million of them can be read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from service.domain.calibration import Basis
from service.domain.evaluation import Assessment, Evaluation, Provenance
from service.domain.grade import Grade
from service.domain.label import NOT_APPLICABLE
from service.domain.scorecard import LevelValue


class Graded(NamedTuple):
    """One graded conversation. `answers` has the machine's level of each dimension, ``"na"``, or None where
    it left it ungraded. `way` tells ways of grading apart (models, prompts, redactors); the scorecard aside.
    `began_at` is when the conversation started, else when it was accepted.
    """

    id: str
    external_id: str | None
    agent: str | None
    team: str | None
    call_type: str | None
    language: str
    began_at: datetime
    way: str
    score: float | None
    answers: Mapping[str, LevelValue | None]

    @property
    def conversation(self) -> str:
        """What tells conversations apart."""
        return self.external_id or self.id

    @classmethod
    def of(cls, evaluation: Evaluation) -> "Graded":
        """Return what a report needs of a completed evaluation."""
        agent = evaluation.agent
        return cls(
            id=evaluation.id,
            external_id=evaluation.external_id,
            agent=agent.id if agent else None,
            team=agent.team if agent else None,
            call_type=evaluation.call_type,
            language=evaluation.language,
            began_at=evaluation.started_at or evaluation.created_at,
            way=way_of(evaluation.provenance),
            score=evaluation.score.value if evaluation.score else None,
            answers={grade.dimension: answer_of(grade) for grade in evaluation.grades},
        )


def figures_of(assessment: Assessment) -> dict[str, Any]:
    """Return the `way` and `answers` that are stored beside a whole assessment: a report reads no more."""
    answers = {grade.dimension: answer_of(grade) for grade in assessment.grades}
    return {"way": way_of(assessment.provenance), "answers": answers}


def answer_of(grade: Grade) -> LevelValue | None:
    """Return the level, ``"na"``, or None for what is ungraded."""
    if grade.outcome == "ungraded":
        return None
    return NOT_APPLICABLE if grade.outcome == "not_applicable" else grade.level


def way_of(provenance: Provenance | None) -> str:
    """Return a digest of how it was graded, empty where nobody knows."""
    return "" if provenance is None else Basis.of("", provenance).sha256
