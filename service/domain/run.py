"""An evaluation run as a file: everything that is needed to compare it with another one later."""

from datetime import datetime
from typing import Literal

from service.domain.base import Model, Slug
from service.domain.evaluation import Evaluation
from service.domain.grade import GraderName
from service.domain.label import Label
from service.domain.scorecard import LevelValue, ScorecardRevision

RUN_FORMAT: Literal["qalibrate-run@1"] = "qalibrate-run@1"


class RunConversation(Model):
    """One conversation of a run: what people said, and one evaluation for each repeat, turns included.

    `floors` are lowest allowed levels by dimension. `input_sha256` is the digest of the conversation as it
    was given, `problem` what was wrong with it; there are no evaluations then.
    """

    id: str
    input_sha256: str
    labels: tuple[Label, ...] = ()
    floors: dict[Slug, LevelValue] = {}
    evaluations: tuple[Evaluation, ...] = ()
    problem: str | None = None


class Run(Model):
    """A labelled set, graded. `dataset_sha256` is the digest of its conversations and labels in order.

    `left_out` counts conversations that a limit of cost or requests left ungraded.
    """

    format: Literal["qalibrate-run@1"] = RUN_FORMAT
    created_at: datetime
    version: str
    dataset: str
    dataset_sha256: str
    scorecard: ScorecardRevision
    grader: GraderName
    repeats: int = 1
    conversations: tuple[RunConversation, ...] = ()
    left_out: int = 0


def foreign_grade(run: Run) -> str | None:
    """Return what is wrong with the first grade that its scorecard does not know, None where all are on it:
    a dimension, or a level, that nobody could weigh or compare.
    """
    scales = {dimension.id: dimension.scale for dimension in run.scorecard.scorecard.dimensions}
    # A level is looked up in a set, because there may be a million grades.
    known = {(name, type(x.level), x.level) for name, scale in scales.items() for x in scale.levels}
    for one in run.conversations:
        for grade in (grade for evaluation in one.evaluations for grade in evaluation.grades):
            scale = scales.get(grade.dimension)
            if scale is None:
                return f"conversation {one.id!r} has a grade on {grade.dimension!r}, which its card lacks"
            if grade.outcome == "graded" and (grade.dimension, type(grade.level), grade.level) not in known:
                listed = ", ".join(repr(level.level) for level in scale.levels)
                given = f"{grade.level!r} on {grade.dimension!r}"
                return f"conversation {one.id!r} has {given}, which is not on its scale ({listed})"
    return None
