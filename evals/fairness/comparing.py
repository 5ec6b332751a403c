"""What became of each grade when the person sounded different."""

from collections.abc import Iterator
from typing import Literal

from evals.fairness.rewriting import Change
from service.domain.base import Model
from service.domain.evaluation import Evaluation
from service.domain.grade import Grade, UngradedReason
from service.domain.scorecard import LevelValue


class Standing(Model):
    """A grade as far as it can flip. Ungraded is an outcome like any other."""

    outcome: Literal["graded", "not_applicable", "ungraded"]
    level: LevelValue | None = None

    def __str__(self) -> str:
        if self.outcome == "graded":
            return str(self.level)
        return "n/a" if self.outcome == "not_applicable" else "ungraded"


class Pair(Model):
    """One dimension before and after. `shift` is the difference of the points, −1 to 1, above 0 when the
    varied conversation got more; None unless both are graded.
    """

    dimension: str
    before: Standing
    after: Standing
    shift: float | None = None

    @property
    def flipped(self) -> bool:
        """Whether outcome or level differ."""
        return self.before != self.after


class Trial(Model):
    """One swap of one conversation. `identical`: redaction made the same text of both, so that nobody was
    asked and nothing could flip. `unchanged`: there was nothing to swap. `failed` says why it was not graded.
    `left` counts the new names that redaction left standing.
    """

    swap: str
    state: Literal["compared", "identical", "unchanged", "failed"]
    changes: tuple[Change, ...] = ()
    pairs: tuple[Pair, ...] = ()
    left: int = 0
    failed: str | None = None


class Tried(Model):
    """All trials of one conversation. `repeats` holds the pairs of each grading of it unchanged."""

    id: str
    trials: tuple[Trial, ...] = ()
    repeats: tuple[tuple[Pair, ...], ...] = ()
    failed: str | None = None
    failed_repeats: int = 0
    requests: int = 0
    cost_usd: float | None = None


def pairs_of(before: Evaluation, after: Evaluation) -> Iterator[Pair]:
    """Yield every dimension of two evaluations on the same scorecard that this grader can grade at all."""
    second = {grade.dimension: grade for grade in after.grades}
    for grade in before.grades:
        other = second[grade.dimension]
        if grade.ungraded_reason == other.ungraded_reason == UngradedReason.NEEDS_MODEL:
            continue
        shift = None
        if grade.points is not None and other.points is not None:
            shift = other.points - grade.points
        yield Pair(dimension=grade.dimension, before=_standing(grade), after=_standing(other), shift=shift)


def _standing(grade: Grade) -> Standing:
    return Standing(outcome=grade.outcome, level=grade.level)
