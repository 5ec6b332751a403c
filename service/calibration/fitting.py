"""Fits a calibration: how far the grades agree with people, and what follows from it for each dimension.

Every part stands on labels that were given blind, and is left out, with a sentence, where they are too few.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from service.calibration.acceptance import certify, is_wrong, loss_of
from service.calibration.applying import never_accepted
from service.calibration.arrays import Floats
from service.calibration.cases import Case, cases_of, settled
from service.calibration.columns import Answers
from service.calibration.describe import describe
from service.calibration.looks import digest_of
from service.calibration.mapping import fit_score_map
from service.calibration.overall import overall
from service.calibration.reliability import fit_confidence_map
from service.calibration.sample import Sample, blind_labels, counted
from service.calibration.tables import is_answer
from service.domain.agreement import Column, DimensionAgreement
from service.domain.calibration import (
    Calibration,
    Certificate,
    ConfidenceMap,
    DimensionCalibration,
    ScoreMap,
)
from service.domain.evaluation import ScorecardRef
from service.domain.label import NOT_APPLICABLE
from service.domain.scorecard import Dimension, LevelValue, Scale, ScorecardRevision


@dataclass(frozen=True)
class Opinion:
    """What text models said of conversations whose labels they had not seen, on one dimension: `columns` of
    answers by evaluation id; the weights of a `blend` that won; and what is to be said of both.
    """

    columns: Mapping[Column, Answers] = field(default_factory=dict)
    blend: tuple[float, ...] | None = None
    note: str | None = None


@dataclass(frozen=True)
class Making:
    """What a calibration is called, when it is made, and what it may promise: see `Certificate`; `look` is
    the number of this one: see `look_of`.
    """

    id: str
    created_at: datetime
    seed: int = 0
    risk: float = 0.1
    delta: float = 0.1
    look: int = 1


@dataclass(frozen=True)
class _Item:
    """One conversation that people and the grader graded. `people` is what they said together, or one of them
    where they tie: a promise that leaves out what people cannot agree on is too good.
    """

    case: Case
    machine: LevelValue
    people: LevelValue


def fit(
    card: ScorecardRevision,
    sample: Sample,
    opinions: Mapping[str, Opinion],
    making: Making,
    *,
    learned: bool = False,
) -> Calibration:
    """Return the calibration of these conversations; `learned` says that text models belong to it.

    The same sample, opinions and making give the same calibration.
    """
    dimensions = tuple(
        _dimension(dimension, sample, opinions.get(dimension.id, Opinion()), making)
        for dimension in card.scorecard.dimensions
    )
    columns = {name: opinion.columns for name, opinion in opinions.items()}
    return Calibration(
        id=making.id,
        created_at=making.created_at,
        scorecard=ScorecardRef(name=card.name, revision=card.revision),
        basis=sample.basis,
        basis_sha256=sample.basis.sha256,
        labels_sha256=digest_of(sample, making.seed),
        conversations=sum(bool(blind_labels(one)) for one in sample.evaluations),
        dimensions=dimensions,
        overall=overall(card.scorecard, sample.evaluations, columns),
        seed=making.seed,
        learned=learned,
        notes=sample.notes,
    )


def _dimension(
    dimension: Dimension, sample: Sample, opinion: Opinion, making: Making
) -> DimensionCalibration:
    cases = cases_of(dimension, sample.evaluations)
    items = list(_items(dimension, cases))
    agreement = describe(dimension, cases, opinion.columns)
    score_map = _score_map(dimension.scale, items, making.seed) if items else None
    confidence = _confidence_map(dimension.scale, items, making.seed) if items else None
    certificate = _certificate(dimension, items, cases, making) if items else None
    said = [part for part in (score_map, confidence, opinion.note) if isinstance(part, str)]
    notes = [*agreement.notes, *said, *_taken_for_granted(items)]
    return DimensionCalibration(
        dimension=dimension.id,
        agreement=_with_notes(agreement, notes),
        score_map=score_map if isinstance(score_map, ScoreMap) else None,
        confidence=confidence if isinstance(confidence, ConfidenceMap) else None,
        certificate=certificate,
        blend=opinion.blend,
    )


def _items(dimension: Dimension, cases: Sequence[Case]) -> Iterator[_Item]:
    for case in cases:
        people = settled(case, dimension)
        # What a file says that was graded may be anything.
        if people is not None and case.answer is not None and is_answer(dimension.scale, case.answer):
            yield _Item(case, case.answer, people)


def _score_map(scale: Scale, items: Sequence[_Item], seed: int) -> ScoreMap | str | None:
    """Return the map of levels, over the items to which both sides gave one, or what is missing."""
    if scale.type != "ordinal":
        return None
    both = [item for item in items if NOT_APPLICABLE not in (item.machine, item.people)]
    levels = [float(level.level) for level in scale.levels]
    machine = [float(item.machine) for item in both]
    people = [_mean_of_levels(item.case) for item in both]
    return fit_score_map(levels, machine, people, seed=seed)


def _mean_of_levels(case: Case) -> float:
    levels = [label.level for label in case.labels if isinstance(label.level, int)]
    return sum(levels) / len(levels)


def _confidence_map(scale: Scale, items: Sequence[_Item], seed: int) -> ConfidenceMap | str:
    agreed = [is_near(scale, item.machine, item.people) for item in items]
    confidences = _confidences([item.case for item in items])
    return fit_confidence_map(confidences, agreed, probability=_probabilities(items), seed=seed)


def is_near(scale: Scale, machine: LevelValue, people: LevelValue) -> bool:
    """Return whether the two agree: within one level on ordinal scales, else exactly; N/A only with N/A."""
    if machine == people:
        return True
    if scale.type != "ordinal" or NOT_APPLICABLE in (machine, people):
        return False
    places = [level.level for level in scale.levels]
    return abs(places.index(machine) - places.index(people)) <= 1


def _certificate(
    dimension: Dimension, items: Sequence[_Item], cases: Sequence[Case], making: Making
) -> Certificate:
    """Return what is promised of the grades that may be accepted at all.

    Thresholds come from all of them: those that nobody labelled are too good where people label low ones.
    """
    labelled = [item for item in items if _may_be_accepted(dimension, item.case)]
    everything = [case for case in cases if _may_be_accepted(dimension, case)]
    return certify(
        _confidences([item.case for item in labelled]),
        [is_wrong(dimension.scale, item.machine, item.people) for item in labelled],
        _confidences(everything),
        loss=loss_of(dimension.scale),
        risk=making.risk,
        delta=making.delta,
        probability=_probabilities(labelled),
        seed=making.seed,
        look=making.look,
    )


def _may_be_accepted(dimension: Dimension, case: Case) -> bool:
    """Whether no rule asks for a person, whatever is promised: promises are about the others.

    What a condition closed was never asked, and is not a grade that anybody could be sure of.
    """
    if case.grade is None or case.of.evaluation.flags:
        return False
    if dimension.ask_when and case.grade.outcome == "not_applicable" and case.confidence is None:
        return False
    return never_accepted(dimension, case.grade) is None


def _confidences(cases: Sequence[Case]) -> Floats:
    """Return raw confidences, NaN where none was measured."""
    return np.array([np.nan if case.confidence is None else case.confidence for case in cases], dtype=float)


def _probabilities(items: Sequence[_Item]) -> Floats:
    """Return with what probability each was drawn to be labelled, NaN where nobody knows."""
    known = (next((x.probability for x in item.case.labels if x.probability), np.nan) for item in items)
    return np.array(list(known), dtype=float)


def _taken_for_granted(items: Sequence[_Item]) -> Iterator[str]:
    known = sum(any(label.probability for label in item.case.labels) for item in items)
    if known < len(items):
        yield (
            f"{counted(len(items) - known, 'labelled conversation')} without a sampling probability: left "
            "out of promises and confidence where enough others have one, else taken as picked at random "
            "(`qalibrate labels plan` picks so)"
        )


def _with_notes(agreement: DimensionAgreement, notes: Sequence[str]) -> DimensionAgreement:
    return agreement.model_copy(update={"notes": tuple(notes)})
