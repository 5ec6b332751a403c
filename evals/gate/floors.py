"""Cases that must never be graded below a level."""

from collections.abc import Iterable

from evals.gate.distance import Answer
from evals.gate.items import answers_of
from evals.gate.judgement import Floor
from service.domain.errors import FieldProblem, InvalidInput
from service.domain.label import NOT_APPLICABLE
from service.domain.run import Run, RunConversation
from service.domain.scorecard import Dimension, LevelValue, Scale


def floors_of(new: Run, base: Run | None = None, *, other_scorecards: bool = False) -> list[Floor]:
    """Return every floor of the newer run's conversations, and of the older run's that the newer one lacks.

    Raises InvalidInput for a floor on a dimension, or at a level, that the card does not have: it would never
    fail. Where another scorecard was asked for, floors on its missing dimensions are left out.
    """
    dimensions = {dimension.id: dimension for dimension in new.scorecard.scorecard.dimensions}
    before = {one.id: one for one in base.conversations} if base is not None else None
    return [
        _floor(one, _dimension(dimensions, one, name), level, before)
        for one in (*new.conversations, *_missing(new, base))
        for name, level in one.floors.items()
        if name in dimensions or not other_scorecards
    ]


def _missing(new: Run, base: Run | None) -> Iterable[RunConversation]:
    """What only the older run has was not graded in the newer one, so that its floors cannot hold."""
    if base is None or base.dataset_sha256 != new.dataset_sha256:
        return ()
    there = {one.id for one in new.conversations}
    empty = {"evaluations": (), "problem": None}
    return (one.model_copy(update=empty) for one in base.conversations if one.id not in there)


def _dimension(dimensions: dict[str, Dimension], one: RunConversation, name: str) -> Dimension:
    dimension = dimensions.get(name)
    if dimension is None:
        raise _impossible(one, f"on {name!r}, which the scorecard does not have")
    if dimension.scale.find(one.floors[name]) is None:
        raise _impossible(one, f"on {name!r} at {one.floors[name]!r}, which is not on its scale")
    return dimension


def _impossible(one: RunConversation, what: str) -> InvalidInput:
    return InvalidInput(
        [FieldProblem("", f"conversation {one.id!r} has a floor {what}: it would never fail")]
    )


def _floor(
    one: RunConversation, dimension: Dimension, level: LevelValue, before: dict[str, RunConversation] | None
) -> Floor:
    answers = answers_of(one, dimension.id).all
    old = None if before is None else before.get(one.id)
    return Floor(
        conversation=one.id,
        dimension=dimension.id,
        floor=level,
        answers=answers,
        broken=_is_broken(dimension.scale, level, answers),
        before=None if old is None else _is_broken(dimension.scale, level, answers_of(old, dimension.id).all),
        why=_why(one, dimension.scale, level, answers),
    )


def _is_broken(scale: Scale, level: LevelValue, answers: Iterable[Answer]) -> bool:
    return any(_is_below(scale, level, answer) for answer in answers)


def _is_below(scale: Scale, level: LevelValue, answer: Answer) -> bool:
    """Whether an answer gives fewer points than the floor. "Not applicable" gives none, and no grade neither:
    a floor asks for a level.
    """
    given, least = scale.find(answer), scale.find(level)
    return given is None or least is None or given.points < least.points


def _why(one: RunConversation, scale: Scale, level: LevelValue, answers: tuple[Answer, ...]) -> str:
    below = [answer for answer in answers if _is_below(scale, level, answer)]
    if not below:
        return f"at or above {level}"
    if not one.evaluations:
        return f"was not graded ({one.problem or 'left out of the run'}), must be at least {level}"
    worst = ", ".join(dict.fromkeys(named(answer) for answer in below))
    repeats = f" in {len(below)} of {len(answers)} repeats" if len(answers) > 1 else ""
    return f"got {worst}{repeats}, must be at least {level}"


def named(answer: Answer) -> str:
    """Return an answer as a person reads it."""
    if answer is None:
        return "no grade"
    return "not applicable" if answer == NOT_APPLICABLE else str(answer)
