"""The two linear models: ridge regression for a number, logistic regression for one of several answers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from service.grading.learned.space import Floats, single
from service.grading.learned.tuning import Predict

RIDGE_STRENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
LOGISTIC_STRENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""Penalties that are tried, per unit of squared weight."""

_SURE = 1e-3
"""Least probability a mistake is charged for: one sure mistake must not decide alone."""


@dataclass(frozen=True)
class Line:
    """Weights (columns, outputs) and an intercept for each output."""

    weights: Floats
    intercepts: Floats

    def __call__(self, scores: Floats) -> Floats:
        """Return the outputs for scores of shape (…, columns)."""
        return scores @ self.weights + self.intercepts

    def rounded(self) -> "Line":
        """Return the same line with the precision of a file."""
        return Line(single(self.weights), single(self.intercepts))


def ridge(scores: Floats, targets: Floats, strength: float) -> Line:
    """Fit one number for each conversation, with least squares and `strength` times the squared weights."""
    from sklearn.linear_model import Ridge

    fitted = Ridge(alpha=strength, solver="cholesky").fit(scores, targets[:, 0])
    return Line(np.asarray(fitted.coef_).reshape(-1, 1), np.array([float(fitted.intercept_)]))


def squared_loss(predicted: Floats, targets: Floats) -> float:
    """Return the mean squared error."""
    return float(np.mean((predicted - targets) ** 2))


def logistic(scores: Floats, targets: Floats, strength: float) -> Line:
    """Fit logits whose softmax is the probability of each answer; `targets` is 1 in the column of the answer.

    An answer that nobody gave has weights of 0 and an intercept that makes it all but impossible.
    """
    from sklearn.linear_model import LogisticRegression

    answers = targets.argmax(axis=1)
    given = np.unique(answers)
    line = Line(np.zeros((scores.shape[1], targets.shape[1])), np.full(targets.shape[1], -20.0))
    if len(given) == 1:
        line.intercepts[given] = 0.0
        return line
    fitted = LogisticRegression(C=1 / strength, max_iter=300, tol=1e-5).fit(scores, answers)
    line.weights[:, given], line.intercepts[given] = _by_answer(fitted)
    return line


def _by_answer(fitted: Any) -> tuple[Floats, Floats]:
    """Return weights and intercepts for each answer; of two answers the library keeps the second's alone."""
    weights, intercepts = fitted.coef_.T, fitted.intercept_
    if weights.shape[1] == 1:
        weights, intercepts = np.hstack([-weights / 2, weights / 2]), np.array([-1, 1]) * intercepts / 2
    return weights, intercepts


def chances(scores: Floats, targets: Floats, strength: float) -> Predict:
    """Fit probabilities: `logistic` under a softmax."""
    line = logistic(scores, targets, strength)
    return lambda others: softmax(line(others))


def softmax(logits: Floats) -> Floats:
    """Return probabilities along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def log_loss(predicted: Floats, targets: Floats) -> float:
    """Return the mean of minus the log probability of what people answered."""
    return float(-np.mean(np.log(np.maximum(np.sum(predicted * targets, axis=1), _SURE))))
