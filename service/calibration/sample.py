"""Which graded conversations a calibration is made from: finished ones that were graded in one and the same
way, each conversation once, with labels that the scorecard knows.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from service.domain.calibration import Basis
from service.domain.errors import TooFewLabels
from service.domain.grade import GraderName
from service.domain.label import NOT_APPLICABLE, Label
from service.domain.labelled import LabelledEvaluation
from service.domain.levels import on_card
from service.domain.scorecard import Scorecard, ScorecardRevision

ENOUGH = 24
"""Labelled conversations from which on the newest way of grading is taken, however many an older one has: the
fewest faultless ones that promise anything at a risk of 10 % at the first look (0.9 ** 24 < 0.083).
"""

MOST_NAMED = 5
"""Names that a note lists before it only counts."""


class Sample(NamedTuple):
    """The conversations, how all of them were graded, and sentences about what was left out."""

    basis: Basis
    evaluations: tuple[LabelledEvaluation, ...]
    notes: tuple[str, ...]


def choose_sample(
    card: ScorecardRevision, grader: GraderName, evaluations: Iterable[LabelledEvaluation]
) -> Sample:
    """Return what a calibration of this grader on this revision is made from, oldest first.

    Of several ways of grading (models, prompts, redactors) the newest with `ENOUGH` labelled conversations
    counts, else the one with the most. Raises TooFewLabels, saying what is missing, where no conversation has
    both a grade and a label that was given without seeing it.
    """
    read = (one.model_copy(update={"labels": on_card(card.scorecard, one.labels)}) for one in evaluations)
    given = sorted(read, key=lambda one: (one.evaluation.created_at, one.evaluation.id))
    graded = [one for one in given if _is_graded(one, card, grader)]
    labelled = [_with_known_labels(one, card.scorecard) for one in graded]
    groups: dict[Basis, list[LabelledEvaluation]] = defaultdict(list)
    for one in labelled:
        groups[_basis(one, card)].append(one)
    _check(card, grader, given, labelled)
    basis = _chosen(groups)
    once = _each_once(groups[basis])
    notes = [
        *_unfinished(given),
        *_other_cards(given, card),
        *_unknown_labels(graded, card),
        *_other_ways(groups, basis),
        *_repeated(len(groups[basis]) - len(once)),
    ]
    return Sample(basis, tuple(once), tuple(notes))


def blind_labels(one: LabelledEvaluation) -> Sequence[Label]:
    """Return the labels whose raters had not seen the machine's grade."""
    return [label for label in one.labels if label.blind is not False]


def counted(number: int, what: str) -> str:
    """Return a number with its noun: `1 label`, `2 labels`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _is_graded(one: LabelledEvaluation, card: ScorecardRevision, grader: GraderName) -> bool:
    evaluation = one.evaluation
    return (
        evaluation.status == "completed"
        and evaluation.provenance is not None
        and evaluation.provenance.grader == grader
        and (evaluation.scorecard.name, evaluation.scorecard.revision) == (card.name, card.revision)
    )


def _basis(one: LabelledEvaluation, card: ScorecardRevision) -> Basis:
    provenance = one.evaluation.provenance
    if provenance is None:
        raise ValueError("only what was graded has a basis")
    return Basis.of(card.scorecard.content_hash, provenance)


def _with_known_labels(one: LabelledEvaluation, card: Scorecard) -> LabelledEvaluation:
    known = tuple(label for label in one.labels if _is_known(label, card))
    return one.model_copy(update={"labels": known})


def _is_known(label: Label, card: Scorecard) -> bool:
    dimension = next((d for d in card.dimensions if d.id == label.dimension), None)
    if dimension is None:
        return False
    return label.level == NOT_APPLICABLE or dimension.scale.find(label.level) is not None


def _chosen(groups: dict[Basis, list[LabelledEvaluation]]) -> Basis:
    """Return the newest basis that has enough labelled conversations, else the one that has the most."""

    def last(basis: Basis) -> object:
        return groups[basis][-1].evaluation.created_at

    labelled = {basis: sum(bool(blind_labels(one)) for one in group) for basis, group in groups.items()}
    newest = sorted(groups, key=lambda basis: (last(basis), basis.sha256), reverse=True)
    enough = (basis for basis in newest if labelled[basis] >= ENOUGH)
    return next(enough, max(newest, key=lambda basis: labelled[basis]))


def _each_once(group: Sequence[LabelledEvaluation]) -> list[LabelledEvaluation]:
    """Return the newest evaluation of each conversation: its labels are one person's one opinion."""
    newest = {one.evaluation.external_id or f"\n{one.evaluation.id}": one for one in group}
    return list(newest.values())


def _check(
    card: ScorecardRevision,
    grader: GraderName,
    given: Sequence[LabelledEvaluation],
    labelled: Sequence[LabelledEvaluation],
) -> None:
    """Raise TooFewLabels where there is nothing to learn from, saying what is missing."""
    if any(blind_labels(one) for one in labelled):
        return
    name = f"{card.name}@{card.revision}"
    if not labelled:
        raise TooFewLabels(
            f"{grader!r} has graded no conversation on {name} yet, of {len(given)} that are here"
        )
    labels = sum(len(one.labels) for one in labelled)
    if labels:
        seen = f"all {counted(labels, 'label')} of it came from people who had seen the grade"
        raise TooFewLabels(f"{name} has no label that was given blind: {seen}")
    graded = counted(len(labelled), "conversation")
    raise TooFewLabels(
        f"nobody has graded any of the {graded} that {grader!r} graded on {name}; import labels"
    )


def _unfinished(given: Sequence[LabelledEvaluation]) -> Iterable[str]:
    failed = sum(one.evaluation.status == "failed" for one in given)
    if failed:
        yield f"{counted(failed, 'evaluation')} failed and left out"


def _other_cards(given: Sequence[LabelledEvaluation], card: ScorecardRevision) -> Iterable[str]:
    others = [one for one in given if _is_on_another(one, card)]
    if others:
        of = f"of another revision than {card.name}@{card.revision}"
        yield f"{counted(len(others), 'evaluation')} {of} left out, {_labelled(others)}"


def _is_on_another(one: LabelledEvaluation, card: ScorecardRevision) -> bool:
    on = one.evaluation.scorecard
    return (on.name, on.revision) != (card.name, card.revision)


def _unknown_labels(graded: Sequence[LabelledEvaluation], card: ScorecardRevision) -> Iterable[str]:
    known = {dimension.id for dimension in card.scorecard.dimensions}
    unknown = [label for one in graded for label in one.labels if not _is_known(label, card.scorecard)]
    gone = [label for label in unknown if label.dimension not in known]
    name = f"{card.name}@{card.revision}"
    if gone:
        names = sorted({label.dimension for label in gone})
        shown = ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")
        yield f"{counted(len(gone), 'label')} of dimensions that {name} does not have left out: {shown}"
    if len(unknown) > len(gone):
        others = counted(len(unknown) - len(gone), "label")
        yield f"{others} with a level that is not on the scale of {name} left out"


def _other_ways(groups: dict[Basis, list[LabelledEvaluation]], basis: Basis) -> Iterable[str]:
    for other, group in groups.items():
        changes = other.changes(basis)
        if changes:
            what = " and ".join(f"{name.replace('_', ' ')} {was}" for name, (was, _) in changes.items())
            yield f"{counted(len(group), 'evaluation')} graded with {what} left out, {_labelled(group)}"


def _labelled(group: Sequence[LabelledEvaluation]) -> str:
    return f"{sum(bool(one.labels) for one in group):,} of them labelled"


def _repeated(number: int) -> Iterable[str]:
    if number:
        yield f"{counted(number, 'earlier evaluation')} of the same conversations left out"
