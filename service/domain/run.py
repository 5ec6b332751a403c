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
