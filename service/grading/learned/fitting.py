"""Learns from labelled conversations: models to grade with, and predictions of conversations held out."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from service.grading.learned.components import Components
from service.grading.learned.corpus import Corpus, View
from service.grading.learned.folds import Places, folds, same_text
from service.grading.learned.head import Head, fit_head
from service.grading.learned.linear import Line
from service.grading.learned.models import LearnedModels
from service.grading.learned.ngrams import Said
from service.grading.learned.prediction import Prediction
from service.grading.learned.space import Floats
from service.grading.learned.targets import Lesson

FOLDS = 10
SEED = 20_261_122
"""Any fixed number."""

MAX_CONVERSATIONS = 2_000
"""Labelled conversations that are learned from; of more a seeded draw."""


class Course:
    """Conversations and what people said of them. Raises ValueError where a lesson has not one target for
    each conversation, or two lessons are about one dimension.
    """

    def __init__(
        self,
        conversations: Sequence[Sequence[Said]],
        lessons: Sequence[Lesson],
        groups: Sequence[str] | None = None,
    ) -> None:
        """`groups` names the conversation that each belongs to; without it those with the same words."""
        self._groups = list(groups) if groups is not None else [same_text(turns) for turns in conversations]
        _check(conversations, lessons, self._groups)
        self._corpus = Corpus(conversations, self._groups)
        missing = {lesson.dimension.id: lesson.missing(self._groups) for lesson in lessons}
        self._lessons = [lesson for lesson in lessons if missing[lesson.dimension.id] is None]
        self.missing: Mapping[str, str] = {name: said for name, said in missing.items() if said is not None}
        """Dimensions that cannot be learned yet: what is missing, in one sentence each."""

    def fit(self, seed: int = SEED) -> LearnedModels | None:
        """Return models of every dimension that can be learned, fitted on all labels; None where none can."""
        if not self._lessons:
            return None
        view, components, rows = self._study(np.arange(len(self._groups)), seed)
        heads = {
            lesson.dimension.id: head.carried(components.directions).rounded()
            for lesson, head in zip(self._lessons, self._heads(components, rows), strict=True)
        }
        return LearnedModels(view.space, heads)

    def cross_fit(
        self, number: int = FOLDS, seed: int = SEED, told: Callable[[], None] | None = None
    ) -> dict[str, tuple[Prediction, ...]]:
        """Return, for each dimension that can be learned, a prediction of each conversation by models that
        have seen neither its label nor its words: `number` folds, everything chosen inside them. `told` is
        called after each.
        """
        found: dict[str, dict[int, Prediction]] = {lesson.dimension.id: {} for lesson in self._lessons}
        parts = folds(self._groups, number, seed) if self._lessons else []
        for train, test in parts:
            view, components, rows = self._study(train, seed)
            scores = components.project(view.vectors(test))
            for lesson, head in zip(self._lessons, self._heads(components, rows), strict=True):
                found[lesson.dimension.id].update(zip(test.tolist(), _each(head, scores), strict=True))
            if told is not None:
                told()
        return {name: tuple(of[at] for at in sorted(of)) for name, of in found.items() if of}

    def _study(self, allowed: Places, seed: int) -> tuple[View, Components, Places]:
        """Return vocabulary and components of the labelled ones among `allowed`, and which these are."""
        rows = np.array([at for at in allowed if self._is_labelled(at)], dtype=np.int64)
        if len(rows) > MAX_CONVERSATIONS:
            rows = np.sort(np.random.default_rng(seed).choice(rows, MAX_CONVERSATIONS, replace=False))
        view = self._corpus.view(rows)
        return view, Components.of(view.vectors(rows), view.space.size), rows

    def _heads(self, components: Components, rows: Places) -> list[Head]:
        groups = [self._groups[at] for at in rows]
        parts = [Lesson(x.dimension, tuple(x.targets[at] for at in rows)) for x in self._lessons]
        return [fit_head(lesson, components.scores, groups) for lesson in parts]

    def _is_labelled(self, at: int) -> bool:
        return any(lesson.targets[at] is not None for lesson in self._lessons)


def _each(head: Head, scores: Floats) -> list[Prediction]:
    def outputs_of(row: Floats) -> Callable[[Line], Floats]:
        return lambda line: line(row)

    return [head.prediction(outputs_of(row)) for row in scores]


def _check(conversations: Sequence[Sequence[Said]], lessons: Sequence[Lesson], groups: Sequence[str]) -> None:
    number = len(conversations)
    for lesson in lessons:
        if len(lesson.targets) != number:
            name, targets = lesson.dimension.id, len(lesson.targets)
            raise ValueError(f"{name!r} has {targets} targets for {number} conversations")
    if len({lesson.dimension.id for lesson in lessons}) < len(lessons):
        raise ValueError("two lessons are about one dimension")
    if len(groups) != number:
        raise ValueError(f"there are {len(groups)} groups for {number} conversations")
