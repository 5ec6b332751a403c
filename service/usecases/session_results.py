"""What a calibration session showed: everybody's answers side by side, and how far they agree."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from service.calibration.agreement import agreement
from service.calibration.cases import cases_of
from service.calibration.describe import describe
from service.domain.agreement import Agreement
from service.domain.evaluation import Evaluation
from service.domain.label import NOT_APPLICABLE, Label
from service.domain.labelled import LabelledEvaluation
from service.domain.scorecard import Dimension, LevelValue, Scale, Scorecard
from service.domain.session import ComparedDimension, ComparedItem, Session, SessionResults, StoredAnswer
from service.usecases.review import machine_level

Said = Mapping[str, Mapping[str, LevelValue]]
"""Levels by evaluation and person."""

ENOUGH = 30


def results_of(
    session: Session, card: Scorecard, evaluations: Sequence[Evaluation], answers: Sequence[StoredAnswer]
) -> SessionResults:
    """Compare the answers of a session on its conversations; those erased meanwhile are left out."""
    kept = {one.id for one in evaluations}
    told = [one for one in answers if one.evaluation in kept]
    asked = len(list(card.dimensions)) * len(kept)
    done = Counter(one.rater for one in told)
    return SessionResults(
        session=session,
        dimensions=tuple(_compared(session, d, evaluations, told) for d in card.dimensions),
        missing={name: asked - done[name] for name in session.people},
        notes=tuple(_notes(session, kept, told)),
    )


def _notes(session: Session, kept: set[str], told: Sequence[StoredAnswer]) -> Iterator[str]:
    if len(kept) < ENOUGH:
        yield (
            f"conversations: {len(kept)}, too few for figures to be held to; a session is for talking about "
            "the answers that differ"
        )
    gone = len(session.evaluations) - len(kept)
    if gone:
        yield f"conversations left out because they were erased: {gone}"
    seen = sum(one.blind is False for one in told)
    if seen:
        yield f"answers left out of agreement because who gave them had seen the grade: {seen}"


def _compared(
    session: Session, dimension: Dimension, evaluations: Sequence[Evaluation], answers: Sequence[StoredAnswer]
) -> ComparedDimension:
    mine = [one for one in answers if one.dimension == dimension.id]
    said: defaultdict[str, dict[str, LevelValue]] = defaultdict(dict)
    for one in mine:
        said[one.evaluation][one.rater] = one.level
    items = [_item(session, dimension, one, said.get(one.id, {})) for one in evaluations]
    items.sort(key=lambda item: -1 if item.spread is None else item.spread, reverse=True)
    return ComparedDimension(
        dimension=dimension.id,
        title=dimension.title,
        items=tuple(items),
        agreement=describe(dimension, cases_of(dimension, _labelled(evaluations, mine))),
        against_expert=dict(_against_expert(session, dimension, said)),
    )


def _labelled(evaluations: Sequence[Evaluation], answers: Sequence[StoredAnswer]) -> list[LabelledEvaluation]:
    given = defaultdict(list)
    for one in answers:
        label = Label(
            dimension=one.dimension, rater=one.rater, level=one.level, blind=one.blind, created_at=one.at
        )
        given[one.evaluation].append(label)
    return [LabelledEvaluation(evaluation=one, labels=tuple(given[one.id])) for one in evaluations]


def _item(
    session: Session, dimension: Dimension, evaluation: Evaluation, said: Mapping[str, LevelValue]
) -> ComparedItem:
    grade = next((one for one in evaluation.grades if one.dimension == dimension.id), None)
    return ComparedItem(
        evaluation=evaluation.id,
        answers={name: said[name] for name in session.raters if name in said},
        expert=said.get(session.expert) if session.expert else None,
        machine=None if grade is None else machine_level(grade),
        spread=spread(dimension.scale, list(said.values())),
    )


def spread(scale: Scale, levels: Sequence[LevelValue]) -> int | None:
    """Return how far answers are apart, None for fewer than two: in levels where all are on an ordered scale,
    else how many different ones there are, less one.
    """
    if len(levels) < 2:
        return None
    if scale.type != "ordinal" or NOT_APPLICABLE in levels:
        return len(set(levels)) - 1
    order = [level.level for level in scale.levels]
    ranks = [order.index(level) for level in levels]
    return max(ranks) - min(ranks)


def _against_expert(session: Session, dimension: Dimension, said: Said) -> Iterator[tuple[str, Agreement]]:
    if session.expert is None:
        return
    for rater in session.raters:
        both = [one for one in said.values() if rater in one and session.expert in one]
        if both:
            expert = [one[session.expert] for one in both]
            theirs = [one[rater] for one in both]
            absent = dimension.not_applicable is not None
            yield rater, agreement(dimension.scale, expert, theirs, not_applicable=absent)
