"""People's answers on one dimension, and beside them, on the same conversations, everybody else's."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress

from service.calibration.cases import Case, consensus
from service.calibration.tables import is_answer
from service.domain.agreement import Column
from service.domain.grade import GraderName
from service.domain.label import NOT_APPLICABLE, Label
from service.domain.scorecard import Dimension, LevelValue, Scale

FOLDS = 10
Answers = Mapping[str, LevelValue]
"""Answers by the id of the evaluation."""


@dataclass(frozen=True)
class Columns:
    """Columns of answers on the same items, in the order of the cases, and what was left out to get there.

    `labelled` are all cases with a usable label, `items` those of them where people agreed on an answer and
    every column has one; the rows of `people` and `answers` are the latter's. `machine` is what the grader
    said of the labelled cases, by evaluation id. `missing` counts the labelled cases without an answer, by
    column; `off_scale`, `repeated` and `tied` count labels and cases that could not be used.
    """

    grader: GraderName | None
    graders: int
    labelled: tuple[Case, ...]
    items: tuple[Case, ...]
    people: tuple[LevelValue, ...]
    answers: dict[Column, tuple[LevelValue, ...]]
    machine: Answers
    missing: dict[Column, int]
    seen: int
    off_scale: int
    repeated: int
    tied: int

    @property
    def ids(self) -> tuple[str, ...]:
        """The evaluations of the items."""
        return tuple(case.of.evaluation.id for case in self.items)


def columns_of(dimension: Dimension, cases: Sequence[Case], others: Mapping[Column, Answers]) -> Columns:
    """Return people's answers, the grader's and `others`, over the cases where all have one.

    Labels and answers that are not on the dimension's scale do not count; of two labels of one rater on one
    conversation the last does. A column that answers none of the labelled cases is left out. `constant` is
    added: people's most frequent answer on the other conversations (see `constant_answers`).
    """
    scale = dimension.scale
    labelled = [one for case in cases if (one := _with_usable_labels(scale, case)).labels]
    agreed = [consensus(scale, [label.level for label in case.labels]) for case in labelled]
    decided = [(case, answer) for case, answer in zip(labelled, agreed, strict=True) if answer is not None]
    graders = Counter(case.grade.grader for case in cases if case.grade is not None)
    grader = min(graders, key=lambda name: (-graders[name], name), default=None)
    given = _given(scale, labelled, grader, others)
    kept = [all(case.of.evaluation.id in column for column in given.values()) for case, _ in decided]
    items = list(compress(decided, kept))
    ids, people = [case.of.evaluation.id for case, _ in items], tuple(answer for _, answer in items)
    columns: dict[Column, tuple[LevelValue, ...]] = {}
    if len(people) > 1:
        columns["constant"] = constant_answers(scale, ids, people)
    columns |= {name: tuple(answers[one] for one in ids) for name, answers in given.items()}
    return Columns(
        grader=grader,
        graders=len(graders),
        labelled=tuple(labelled),
        items=tuple(case for case, _ in items),
        people=people,
        answers=columns,
        machine={} if grader is None else given.get(grader, {}),
        missing={name: _missing(labelled, answers) for name, answers in given.items()},
        seen=sum(case.seen for case in cases),
        off_scale=sum(not is_answer(scale, label.level) for case in cases for label in case.labels),
        repeated=sum(_repeated(scale, case) for case in cases),
        tied=agreed.count(None),
    )


def constant_answers(
    scale: Scale, ids: Sequence[str], people: Sequence[LevelValue]
) -> tuple[LevelValue, ...]:
    """Return for each of at least two items people's most frequent answer on other items.

    The items are dealt into `FOLDS` parts by a digest of their ids, and the answer for one part is the most
    frequent of all others: the guess has not seen what it is held against. Of equals the first on the scale.
    """
    order = sorted(range(len(ids)), key=lambda place: hashlib.sha256(ids[place].encode()).digest())
    fold = {place: rank % FOLDS for rank, place in enumerate(order)}
    everywhere = Counter(people)
    within = [Counter(people[place] for place in order[part::FOLDS]) for part in range(FOLDS)]
    answers = [*(level.level for level in scale.levels), NOT_APPLICABLE]
    guesses = [max(answers, key=(everywhere - inside).__getitem__) for inside in within]
    return tuple(guesses[fold[place]] for place in range(len(ids)))


def _with_usable_labels(scale: Scale, case: Case) -> Case:
    last = {label.rater: label for label in _on_scale(scale, case)}
    return replace(case, labels=tuple(last.values()))


def _on_scale(scale: Scale, case: Case) -> list[Label]:
    return [label for label in case.labels if is_answer(scale, label.level)]


def _repeated(scale: Scale, case: Case) -> int:
    labels = _on_scale(scale, case)
    return len(labels) - len({label.rater for label in labels})


def _given(
    scale: Scale, labelled: Sequence[Case], grader: GraderName | None, others: Mapping[Column, Answers]
) -> dict[Column, Answers]:
    columns: dict[Column, Answers] = dict(others)
    if grader is not None:
        columns[grader] = {case.of.evaluation.id: case.answer for case in labelled if case.answer is not None}
    ids = {case.of.evaluation.id for case in labelled}
    usable = {
        name: {one: answer for one, answer in answers.items() if one in ids and is_answer(scale, answer)}
        for name, answers in columns.items()
    }
    return {name: answers for name, answers in usable.items() if answers}


def _missing(labelled: Sequence[Case], answers: Answers) -> int:
    return sum(case.of.evaluation.id not in answers for case in labelled)
