"""One dimension's answers side by side: what people said of each conversation, and what the machine said."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.domain.grade import Grade
from service.domain.label import NOT_APPLICABLE, Label
from service.domain.labelled import LabelledEvaluation
from service.domain.scorecard import Dimension, LevelValue, Scale


@dataclass(frozen=True, slots=True)
class Case:
    """One conversation on one dimension.

    `labels` are the blind ones, one for each rater at most; `seen` counts those of raters who had seen the
    machine's grade. `answer` is the machine's level, ``"na"``, or None where it gave no grade.
    """

    of: LabelledEvaluation
    labels: tuple[Label, ...]
    seen: int
    grade: Grade | None

    @property
    def answer(self) -> LevelValue | None:
        """What the machine said."""
        if self.grade is None or self.grade.outcome == "ungraded":
            return None
        return NOT_APPLICABLE if self.grade.outcome == "not_applicable" else self.grade.level

    @property
    def confidence(self) -> float | None:
        """How sure the machine was, 0 to 1, before any calibration."""
        if self.grade is None:
            return None
        raw = self.grade.raw_confidence
        return self.grade.confidence if raw is None else raw


def cases_of(dimension: Dimension, evaluations: Iterable[LabelledEvaluation]) -> list[Case]:
    """Return a case for each completed evaluation that has a grade or a label on `dimension`."""
    cases = []
    for one in evaluations:
        grade = next((g for g in one.evaluation.grades if g.dimension == dimension.id), None)
        mine = [label for label in one.labels if label.dimension == dimension.id]
        blind = tuple(label for label in mine if label.blind is not False)
        if mine or grade is not None:
            cases.append(Case(one, blind, len(mine) - len(blind), grade))
    return cases


def settled(case: Case, dimension: Dimension) -> LevelValue | None:
    """Return what people said together; where they tie, what one of them said, drawn by a digest of the
    conversation and the dimension. None where no blind label has a level of the scale.

    To drop ties drops the hard conversations, and makes rates and promises too good. One person at random is
    unbiased: where two disagree each of them counts half the time. The draw is the same every time.
    """
    known = [one for one in case.labels if one.level == NOT_APPLICABLE or dimension.scale.find(one.level)]
    together = consensus(dimension.scale, [label.level for label in known])
    if together is not None or not known:
        return together
    evaluation = case.of.evaluation
    about = f"settled\n{evaluation.external_id or evaluation.id}\n{dimension.id}"
    drawn = int.from_bytes(hashlib.sha256(about.encode()).digest()) % len(known)
    return sorted(known, key=lambda label: (label.rater, str(label.level)))[drawn].level


def consensus(scale: Scale, levels: Sequence[LevelValue]) -> LevelValue | None:
    """Return what people said together, None where they said nothing or no answer leads.

    N/A when more than half say so. On ordinal scales the lower median of the levels; else the most frequent
    answer, and a tie has no winner.
    """
    if not levels:
        return None
    counted = Counter(levels)
    absent = counted.pop(NOT_APPLICABLE, 0)
    if 2 * absent > len(levels):
        return NOT_APPLICABLE
    if 2 * absent == len(levels):
        return None
    if scale.type == "ordinal":
        numbers = sorted(level for level in levels if isinstance(level, int))
        return numbers[(len(numbers) - 1) // 2]
    (first, times), *others = counted.most_common()
    return None if others and others[0][1] == times else first
