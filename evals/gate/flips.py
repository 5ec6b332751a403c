"""Which answers are not what they were, and what both runs had to say for theirs."""

from collections.abc import Iterable, Sequence
from typing import Literal

from evals.gate.items import Answers, Item
from evals.gate.judgement import Change, Flip, Quote, Said, Stability
from service.calibration.cases import consensus
from service.domain.evaluation import Evaluation
from service.domain.grade import Grade
from service.domain.run import Run
from service.domain.scorecard import Dimension

_TRACED = ("grader", "model", "prompt", "redactor", "policy", "seed", "calibration")


def flips_of(items: Iterable[Item]) -> list[Flip]:
    """Return every item with another answer than before: those that went farthest from people first, then
    those that nobody labelled, last those that came nearer.
    """
    found = [_flip(item) for item in items if item.flipped]
    # Unlabelled ones may be either way, so they stand before those that are known to be no worse.
    return sorted(found, key=lambda flip: (_rank(flip), -(flip.change or 0.0)))


def _rank(flip: Flip) -> int:
    return ("farther", None, "as far", "nearer").index(flip.effect)


def _flip(item: Item) -> Flip:
    change = None
    if item.labels:
        before, after = item.distances
        change = after - before
    people = tuple(label.level for label in item.labels)
    base, new = item.compared
    return Flip(
        conversation=item.conversation,
        dimension=item.dimension.id,
        base=said(base, item.base),
        new=said(new, item.new),
        people=people,
        consensus=consensus(item.dimension.scale, people),
        effect=None if change is None else _effect(change),
        change=change,
        wavering=item.is_wavering,
    )


def _effect(change: float) -> Literal["farther", "nearer", "as far"]:
    if abs(change) < 1e-9:
        return "as far"
    return "farther" if change > 0 else "nearer"


def said(compared: Answers, repeats: Answers) -> Said:
    """Return the most frequent answer of those compared with the reasons of a grade that gave it, and the
    answers of all repeats.
    """
    grade = compared.typical
    return Said(
        answer=compared.most,
        answers=repeats.all,
        why=_why(grade),
        quotes=tuple(Quote(turn=e.turn, speaker=e.speaker, text=e.quote) for e in grade.evidence)
        if grade
        else (),
        confidence=grade.confidence if grade else None,
    )


def _why(grade: Grade | None) -> str | None:
    if grade is None:
        return "the evaluation failed"
    absence = f"looked for and not found: {grade.absence.looked_for}" if grade.absence else None
    reasons = (grade.rationale, grade.not_applicable_reason, grade.ungraded_reason, absence)
    return " · ".join(reason for reason in reasons if reason) or None


def changes_between(base: Run, new: Run) -> list[Change]:
    """Return what made the grades and is not the same in both runs."""
    sides = (_traces(base), _traces(new))
    return [
        Change(what=what, base=sides[0][what], new=sides[1][what])
        for what in sides[0]
        if sides[0][what] != sides[1][what]
    ]


def _traces(run: Run) -> dict[str, tuple[str, ...]]:
    card = run.scorecard
    fixed = {
        "qalibrate": (run.version,),
        "scorecard": (f"{card.name}@{card.revision} {card.scorecard.content_hash[:12]}",),
        "grader": (run.grader,),
        "repeats": (str(run.repeats),),
    }
    evaluations = [e for conversation in run.conversations for e in conversation.evaluations]
    return {what: _values(evaluations, what) for what in _TRACED} | fixed


def _values(evaluations: Iterable[Evaluation], what: str) -> tuple[str, ...]:
    values = {getattr(one.provenance, what) for one in evaluations if one.provenance is not None}
    return tuple(sorted("none" if value is None else str(value) for value in values))


def stability_of(items: Sequence[Item], dimensions: Iterable[Dimension]) -> list[Stability]:
    """Return for each dimension how many answers waver between repeats, where there were any."""
    found = []
    for dimension in dimensions:
        mine = [item for item in items if item.dimension.id == dimension.id]
        base, new = _wavering([i.base for i in mine]), _wavering([i.new for i in mine])
        if base is not None or new is not None:
            found.append(Stability(dimension=dimension.id, base=base, new=new))
    return found


def _wavering(answers: Iterable[Answers]) -> float | None:
    repeated = [one.wavers for one in answers if len(one.grades) > 1]
    return sum(repeated) / len(repeated) if repeated else None
