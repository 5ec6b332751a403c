"""What text models learn from the labels of a calibration: models to grade with, and what they said of
conversations that they had not seen, to be held against people beside the grader.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from service.calibration.applying import raw_expected_level
from service.calibration.cases import Case, cases_of, consensus
from service.calibration.fitting import Opinion
from service.calibration.sample import Sample, blind_labels
from service.domain.agreement import Column
from service.domain.label import NOT_APPLICABLE
from service.domain.labelled import LabelledEvaluation
from service.domain.scorecard import Dimension, LevelValue, Scale, Scorecard
from service.grading.learned.blend import Blend, MachineAnswer, blend
from service.grading.learned.fitting import Course
from service.grading.learned.folds import same_text
from service.grading.learned.prediction import Prediction
from service.grading.learned.targets import Lesson, Target


class Lessons(NamedTuple):
    """Text models as `learned` stores them (None where nothing could be learned), and by dimension what
    models without a conversation's labels said of it.
    """

    models: bytes | None
    opinions: Mapping[str, Opinion]


def learn(card: Scorecard, sample: Sample, seed: int, told: Callable[[], None] | None = None) -> Lessons:
    """Learn every dimension that has labels enough; the others get a sentence about what is missing.

    `told` is called after each of the `FOLDS` parts, which take most of the time.
    """
    labelled = [one for one in sample.evaluations if one.evaluation.turns and blind_labels(one)]
    if not labelled:
        why = "no text model: the turns of the labelled conversations are not there"
        return Lessons(None, {dimension.id: Opinion(note=why) for dimension in card.dimensions})
    cases = {dimension.id: _cases(dimension, labelled) for dimension in card.dimensions}
    targets = {d.id: [_target(d.scale, case) for case in cases[d.id]] for d in card.dimensions}
    turns = [one.evaluation.turns or () for one in labelled]
    groups = [same_text(said) for said in turns]
    course = Course(turns, [Lesson(d, tuple(targets[d.id])) for d in card.dimensions], groups)
    held_out = course.cross_fit(seed=seed, told=told)
    opinions = {name: Opinion(note=f"no text model: {why}") for name, why in course.missing.items()}
    for dimension in card.dimensions:
        if dimension.id in held_out:
            of = cases[dimension.id]
            opinions[dimension.id] = _opinion(
                dimension, of, held_out[dimension.id], targets[dimension.id], groups, seed
            )
    models = course.fit(seed) if held_out else None
    return Lessons(models.to_bytes() if models else None, opinions)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep linear algebra to one thread: over many small matrices several only stand in each other's way, and
    take ten times as long.
    """
    import sklearn.linear_model  # noqa: F401 - only libraries that are loaded are kept to it
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(limits=1):
        yield


def machine_answer(case: Case) -> MachineAnswer | None:
    """Return what the grader said, raw, as a blend takes it."""
    if case.grade is None or case.answer is None:
        return None
    provenance = case.of.evaluation.provenance
    calibrated = provenance is not None and provenance.calibration is not None
    expected = raw_expected_level(case.grade, calibrated=calibrated)
    return MachineAnswer(case.answer, expected, case.confidence)


def _cases(dimension: Dimension, labelled: Sequence[LabelledEvaluation]) -> list[Case]:
    """Return a case for each conversation, in their order; one without grade and labels where it has none."""
    found = {case.of.evaluation.id: case for case in cases_of(dimension, labelled)}
    return [found.get(one.evaluation.id, Case(one, (), 0, None)) for one in labelled]


def _target(scale: Scale, case: Case) -> Target:
    """Return what people said together; on ordinal scales the mean of their levels."""
    levels = [label.level for label in case.labels]
    agreed = consensus(scale, levels)
    if agreed in (None, NOT_APPLICABLE) or scale.type != "ordinal":
        return agreed
    numbers = [level for level in levels if isinstance(level, int)]
    return sum(numbers) / len(numbers)


def _opinion(
    dimension: Dimension,
    cases: Sequence[Case],
    predictions: Sequence[Prediction],
    targets: Sequence[Target],
    groups: Sequence[str],
    seed: int,
) -> Opinion:
    machine = [machine_answer(case) for case in cases]
    mixed = blend(dimension.scale, machine, predictions, targets, groups, seed)
    ids = [case.of.evaluation.id for case in cases]
    columns: dict[Column, Mapping[str, LevelValue]] = {
        "learned": {one: prediction.level for one, prediction in zip(ids, predictions, strict=True)}
    }
    if mixed.weights:
        columns["blend"] = _blended(cases, mixed)
    return Opinion(
        columns=columns,
        blend=mixed.weights if mixed.wins else None,
        note=f"blend {mixed.gate}" if mixed.weights else f"no blend: {mixed.gate}",
    )


def _blended(cases: Sequence[Case], mixed: Blend) -> dict[str, LevelValue]:
    """Return the blend's answers; the grader's own where one of the two has no level to blend."""
    answers = {}
    for case, level in zip(cases, mixed.held_out, strict=True):
        answer = case.answer if level is None else level
        if answer is not None:
            answers[case.of.evaluation.id] = answer
    return answers
