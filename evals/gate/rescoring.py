"""What other weights, points or pass mark would make of answers that were given."""

from collections.abc import Iterator, Sequence

from service.calibration.people import closed_by, score_by_people
from service.domain.base import Model
from service.domain.evaluation import Evaluation
from service.domain.grade import Grade
from service.domain.run import Run, RunConversation
from service.domain.score import Score, score
from service.domain.scorecard import Dimension, Scorecard


class Rescored(Model):
    """The score of one conversation under two cards. `people` is what people's own answers give under the
    newer one, None where they leave a dimension open.
    """

    conversation: str
    before: float | None
    after: float | None
    passed_before: bool | None
    passed_after: bool | None
    people: bool | None = None
    people_before: bool | None = None


class Rescoring(Model):
    """All conversations of a run. `scored` counts those with both scores, `mean_change` is in points of 100,
    over these. `agreed` counts the conversations, of `labelled`, in which people's own answers pass or fail
    alike.
    """

    conversations: int
    scored: int
    mean_change: float | None
    flips: tuple[Rescored, ...]
    labelled: int
    agreed_before: int
    agreed_after: int


def rescored(run: Run, old: Scorecard, new: Scorecard) -> Rescoring:
    """Return the scores of a run's answers under both cards; an answer that a card has no level for counts as
    ungraded there. Repeats after the first are left aside.
    """
    return summed([_once(one, old, new) for one in run.conversations if _first(one)])


def between_runs(pairs: Sequence[tuple[RunConversation, RunConversation]], old: Run, new: Run) -> Rescoring:
    """Return the scores of conversations that were graded on both cards."""
    return summed(list(_twice(pairs, old.scorecard.scorecard, new.scorecard.scorecard)))


def summed(scores: Sequence[Rescored]) -> Rescoring:
    """Return the figures over all conversations."""
    moves = [s.after - s.before for s in scores if s.before is not None and s.after is not None]
    labelled = [s for s in scores if s.people is not None and s.people_before is not None]
    return Rescoring(
        conversations=len(scores),
        scored=len(moves),
        mean_change=sum(moves) / len(moves) if moves else None,
        flips=tuple(s for s in scores if s.passed_before != s.passed_after),
        labelled=len(labelled),
        agreed_before=sum(s.passed_before == s.people_before for s in labelled),
        agreed_after=sum(s.passed_after == s.people for s in labelled),
    )


def _once(one: RunConversation, old: Scorecard, new: Scorecard) -> Rescored:
    grades = one.evaluations[0].grades
    return _rescored(one, old, new, (on_card(old, grades), on_card(new, grades)))


def _twice(
    pairs: Sequence[tuple[RunConversation, RunConversation]], old: Scorecard, new: Scorecard
) -> Iterator[Rescored]:
    for was, now in pairs:
        before, after = _first(was), _first(now)
        if before and after:
            yield _rescored(now, old, new, (before.grades, after.grades))


def _first(one: RunConversation) -> Evaluation | None:
    """Return the first repeat where it was graded."""
    first = one.evaluations[0] if one.evaluations else None
    return first if first is not None and first.status == "completed" else None


def _rescored(
    one: RunConversation,
    old: Scorecard,
    new: Scorecard,
    grades: tuple[Sequence[Grade], Sequence[Grade]],
) -> Rescored:
    before, after = score(old, grades[0]), score(new, grades[1])
    return Rescored(
        conversation=one.id,
        before=before.value,
        after=after.value,
        passed_before=before.passed,
        passed_after=after.passed,
        people_before=_passed(score_by_people(old, one.labels, closed_by(grades[0]))),
        people=_passed(score_by_people(new, one.labels, closed_by(grades[1]))),
    )


def _passed(made: Score | None) -> bool | None:
    return None if made is None else made.passed


def on_card(card: Scorecard, grades: Sequence[Grade]) -> tuple[Grade, ...]:
    """Return the answers with the points and sections that `card` gives them; those it has no level for are
    left out.
    """
    dimensions = {dimension.id: dimension for dimension in card.dimensions}
    moved = (_moved(card, dimensions.get(grade.dimension), grade) for grade in grades)
    return tuple(grade for grade in moved if grade is not None)


def _moved(card: Scorecard, dimension: Dimension | None, grade: Grade) -> Grade | None:
    if dimension is None:
        return None
    update: dict[str, object] = {"section": card.section_of[dimension.id]}
    if grade.outcome == "graded":
        level = dimension.scale.find(grade.level)
        if level is None:
            return None
        update["points"] = level.points
    return grade.model_copy(update=update)
