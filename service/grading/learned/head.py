"""One dimension's model: from a conversation's numbers to a level, and how sure that is.

The line predicts what is likely on average, and so keeps to the middle: rounded, nearly every conversation
would get people's most frequent level. So cut-offs are set where held-out predictions are shared out among
the levels as people shared out theirs (equipercentile matching), wherever held-out predictions follow people
at all; the mean stays at hand as `expected_level`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.domain.label import NOT_APPLICABLE
from service.domain.scorecard import Scale
from service.grading.learned.linear import (
    LOGISTIC_STRENGTHS,
    RIDGE_STRENGTHS,
    Line,
    chances,
    log_loss,
    logistic,
    ridge,
    softmax,
    squared_loss,
)
from service.grading.learned.prediction import Prediction
from service.grading.learned.space import Floats, single
from service.grading.learned.targets import Lesson, columns, numbers, one_of, ranks
from service.grading.learned.tuning import Tuned, tune

MAX_RESIDUALS = 201
"""Quantiles that are kept of how far off held-out predictions were."""

FOLLOWS = 2.0
"""Standard errors (1/√n) above which a correlation of held-out predictions with people is taken to be one."""


@dataclass(frozen=True)
class Head:
    """What was learned about one dimension from `labels` conversations with a level.

    `line` gives a rank on ordinal scales, else a logit for each answer; `cutoffs` part ranks, or the
    probability of the second of two answers, into levels; without them the most likely answer is taken.
    `residuals` are people's rank minus the held-out prediction. `absence` gives logits of "applies" and "does
    not".
    """

    scale: Scale
    labels: int
    line: Line
    cutoffs: Floats
    residuals: Floats
    absence: Line | None = None

    def carried(self, directions: Floats) -> "Head":
        """Return the same head for vectors, of which `directions` make the scores it was fitted on."""
        absence = self.absence and _carried(self.absence, directions)
        return replace(self, line=_carried(self.line, directions), absence=absence)

    def rounded(self) -> "Head":
        """Return the same head with the precision of a file, so that it is the same after it was stored."""
        absence = self.absence and self.absence.rounded()
        cutoffs, residuals = single(self.cutoffs), single(self.residuals)
        return replace(self, line=self.line.rounded(), cutoffs=cutoffs, residuals=residuals, absence=absence)

    def prediction(self, outputs_of: Callable[[Line], Floats]) -> Prediction:
        """Return what the lines' outputs say together; `outputs_of` puts one conversation into a line."""
        outputs = outputs_of(self.line)
        applies = self._ranked(float(outputs[0])) if self.scale.type == "ordinal" else self._chosen(outputs)
        absent = 0.0 if self.absence is None else float(softmax(outputs_of(self.absence))[1])
        if absent > 0.5:
            return replace(applies, level=NOT_APPLICABLE, confidence=absent, not_applicable=absent)
        return replace(applies, confidence=applies.confidence * (1 - absent), not_applicable=absent)

    def _ranked(self, rank: float) -> Prediction:
        at = int(np.searchsorted(self.cutoffs, rank))
        last = len(self.scale.levels) - 1
        people = np.floor(np.clip(rank + self.residuals, 0, last) + 0.5).astype(int)
        shares = (np.bincount(people, minlength=last + 1) + 1 / (last + 1)) / (len(people) + 1)
        near = shares[max(at - 1, 0) : at + 2].sum()
        return Prediction(
            level=self.scale.levels[at].level,
            confidence=min(float(near), 1.0),
            probabilities=tuple(map(float, shares)),
            expected_level=float(np.interp(rank, ranks(self.scale), numbers(self.scale))),
        )

    def _chosen(self, logits: Floats) -> Prediction:
        shares = softmax(logits)
        at = int(np.searchsorted(self.cutoffs, shares[1])) if len(self.cutoffs) else int(shares.argmax())
        level = self.scale.levels[at].level
        return Prediction(level, float(shares[at]), tuple(map(float, shares)))


def fit_head(lesson: Lesson, scores: Floats, groups: Sequence[str]) -> Head:
    """Fit a head on `scores` (conversations, components), of which some have a level."""
    targets = lesson.targets
    rows = [at for at, target in enumerate(targets) if target not in (None, NOT_APPLICABLE)]
    given = [target for target in targets if target is not None and target != NOT_APPLICABLE]
    wanted = columns(lesson.dimension.scale, given)
    fit = _fit_ranks if lesson.dimension.scale.type == "ordinal" else _fit_answers
    head = fit(lesson.dimension.scale, scores[rows], wanted, [groups[row] for row in rows])
    return replace(head, absence=_fit_absence(targets, scores, groups) if lesson.learns_absence else None)


def _fit_ranks(scale: Scale, scores: Floats, wanted: Floats, groups: Sequence[str]) -> Head:
    tuned = tune(ridge, scores, wanted, groups, RIDGE_STRENGTHS, squared_loss)
    off = np.quantile(wanted - tuned.held_out, np.linspace(0, 1, min(len(wanted), MAX_RESIDUALS)))
    line = ridge(scores, wanted, tuned.strength)
    middles: Floats = np.arange(len(scale.levels) - 1, dtype=np.float64) + 0.5
    cutoffs = _matched(tuned.held_out[:, 0], wanted[:, 0], middles)
    return Head(scale, len(wanted), line, middles if cutoffs is None else cutoffs, off)


def _fit_answers(scale: Scale, scores: Floats, wanted: Floats, groups: Sequence[str]) -> Head:
    tuned = tune(chances, scores, wanted, groups, LOGISTIC_STRENGTHS, log_loss)
    line = logistic(scores, wanted, tuned.strength)
    cutoffs = _matched(tuned.held_out[:, 1], wanted[:, 1], np.array([0.5])) if wanted.shape[1] == 2 else None
    return Head(scale, len(wanted), line, np.array([]) if cutoffs is None else cutoffs, np.array([]))


def _fit_absence(targets: Sequence[object], scores: Floats, groups: Sequence[str]) -> Line:
    rows = [at for at, target in enumerate(targets) if target is not None]
    absent = one_of([int(targets[row] == NOT_APPLICABLE) for row in rows], 2)
    of_rows = [groups[row] for row in rows]
    tuned: Tuned = tune(chances, scores[rows], absent, of_rows, LOGISTIC_STRENGTHS, log_loss)
    return logistic(scores[rows], absent, tuned.strength)


def _matched(predicted: Floats, wanted: Floats, middles: Floats) -> Floats | None:
    """Return cut-offs that share out `predicted` as `middles` share out `wanted`; None where the predictions
    do not follow what people said.
    """
    if np.ptp(predicted) == 0 or np.ptp(wanted) == 0:
        return None
    if np.corrcoef(predicted, wanted)[0, 1] * np.sqrt(len(wanted)) < FOLLOWS:
        return None
    below = [np.mean(wanted <= middle) for middle in middles]
    return np.array([_cutoff(predicted, float(share)) for share in below])


def _cutoff(predicted: Floats, share: float) -> float:
    """Return a number with `share` of the predictions below it, far away where that is none or all."""
    if share in (0.0, 1.0):
        return -1e6 if share == 0 else 1e6
    return float(np.quantile(predicted, share))


def _carried(line: Line, directions: Floats) -> Line:
    return Line(directions @ line.weights, line.intercepts)
