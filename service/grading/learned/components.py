"""Few numbers for many: conversations along the directions in which they differ most.

With n conversations and p ≫ n places, a linear model with a squared penalty on its p weights is the same as
one on the n left singular vectors times their values (Hastie and Tibshirani 2004, "Efficient quadratic
regularization for expression arrays"). So everything is fitted on at most n columns and the weights are
carried back; beyond `MAX_COMPONENTS` the weakest directions are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.grading.learned.space import Floats, Sparse

MAX_COMPONENTS = 300
"""More would cost time with the cube of their number."""

_NEGLIGIBLE = 1e-9


@dataclass(frozen=True)
class Components:
    """`scores` (conversations, components) of those it was made of; `directions` (places, components)."""

    scores: Floats
    directions: Floats

    @classmethod
    def of(cls, vectors: Sequence[Sparse], size: int) -> "Components":
        """Return the components of these vectors of `size` places."""
        from scipy.linalg import eigh

        matrix = np.zeros((len(vectors), size))
        for row, vector in zip(matrix, vectors, strict=True):
            row[vector.places] = vector.weights
        values, axes = eigh(matrix @ matrix.T)
        strong = values > _NEGLIGIBLE * max(values[-1], 1.0)
        if not strong.any():
            return cls(np.zeros((len(vectors), 1)), np.zeros((size, 1)))
        values, axes = values[strong][-MAX_COMPONENTS:], axes[:, strong][:, -MAX_COMPONENTS:]
        return cls(axes * np.sqrt(values), matrix.T @ (axes / np.sqrt(values)))

    def project(self, vectors: Sequence[Sparse]) -> Floats:
        """Return the scores of other vectors, of shape (vectors, components)."""
        return np.array([vector.dot(self.directions) for vector in vectors])
