"""Do grades that are called sure agree with people more often than those that are not?"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from evals.gate.judgement import Reliability
from service.calibration.cases import Case, cases_of, consensus
from service.calibration.fitting import is_near
from service.calibration.reliability import reliability_diagram
from service.calibration.tables import is_answer
from service.domain.labelled import LabelledEvaluation
from service.domain.scorecard import Dimension

_FEWEST = 20
"""Fewer labelled grades with a confidence than this make no diagram."""


def reliability_of(
    dimensions: Iterable[Dimension], evaluations: Sequence[LabelledEvaluation]
) -> Iterator[Reliability]:
    """Yield a reliability diagram for each dimension whose grades have a confidence and enough labels."""
    for dimension in dimensions:
        known = [pair for case in cases_of(dimension, evaluations) if (pair := _pair(dimension, case))]
        if len(known) >= _FEWEST:
            confidence, agreed = np.array(known, dtype=np.float64).T
            yield Reliability(dimension=dimension.id, bins=reliability_diagram(confidence, agreed))


def _pair(dimension: Dimension, case: Case) -> tuple[float, float] | None:
    """Return how sure the grader was, as it said so, and whether people agreed: 1 or 0."""
    levels = [label.level for label in case.labels if is_answer(dimension.scale, label.level)]
    people = consensus(dimension.scale, levels)
    confidence = case.grade.confidence if case.grade else None
    if people is None or case.answer is None or confidence is None:
        return None
    return confidence, float(is_near(dimension.scale, case.answer, people))
