"""What calibration fits, and what it promises: one document, whole and readable, for each scorecard revision
and grader.
"""

import base64
import hashlib
import json
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple

from pydantic import Base64Bytes, Field, model_validator

from service.domain.agreement import DimensionAgreement, Estimate, OverallAgreement
from service.domain.base import Model
from service.domain.evaluation import Provenance, ScorecardRef
from service.domain.grade import GraderName

Share = Annotated[float, Field(ge=0, le=1)]

CONFIDENCE_FORMULA = 1
"""Counts the changes of how a raw confidence is made: a threshold on the one means nothing on the other."""


class Basis(Model):
    """Everything that a calibration depends on. When any of it changes, nothing that was promised holds."""

    scorecard_sha256: str
    grader: GraderName
    model: str | None
    prompt: str | None
    redactor: str
    policy: str | None
    confidence_formula: int = CONFIDENCE_FORMULA

    @classmethod
    def of(cls, scorecard_sha256: str, provenance: Provenance) -> "Basis":
        """Return the basis of grades with this provenance on the scorecard with this content."""
        return cls(
            scorecard_sha256=scorecard_sha256,
            grader=provenance.grader,
            model=provenance.model,
            prompt=provenance.prompt,
            redactor=provenance.redactor,
            policy=provenance.policy,
        )

    @property
    def sha256(self) -> str:
        """The digest of it all, in hexadecimal."""
        return hashlib.sha256(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()

    def changes(self, now: "Basis") -> dict[str, tuple[object, object]]:
        """Return what is another in `now`, by name: what it was and what it is."""
        pairs = {name: (getattr(self, name), getattr(now, name)) for name in type(self).model_fields}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


class ScoreMap(Model):
    """What level people give where the machine gives a certain one.

    `expected` holds one number for each level of the scale in ascending order: the mean level that people
    are expected to give, in the scale's own numbers. `gate` says in one sentence why this kind was chosen;
    `cv_mae` is the cross-validated mean absolute error of every kind that was tried.
    """

    kind: Literal["identity", "shift", "ordinal"]
    expected: tuple[float, ...]
    cv_mae: dict[str, float] = {}
    n: int
    gate: str


class ReliabilityBin(Model):
    """Grades whose confidence lies in a range: their mean confidence and the share that agreed."""

    low: Share
    high: Share
    n: int
    confidence: float
    agreed: Estimate


class ConfidenceMap(Model):
    """Turns a raw confidence into the probability that a person agrees within one level (exactly, on scales
    without an order).

    Linear between `knots` (raw, calibrated; both ascending), flat beyond them. `ece_before` and `ece_after`
    are expected calibration errors, the latter cross-validated; so is the `reliability` diagram.
    """

    knots: tuple[tuple[Share, Share], ...]
    n: int
    ece_before: Estimate
    ece_after: Estimate
    reliability: tuple[ReliabilityBin, ...] = ()

    @model_validator(mode="after")
    def _knots_ascend(self) -> "ConfidenceMap":
        for (x0, y0), (x1, y1) in pairwise(self.knots):
            if not (x0 < x1 and y0 <= y1):
                raise ValueError("the knots of a confidence map have to ascend")
        return self


class Corrected(Estimate):
    """A mean or a rate over all grades, with the machine's error corrected by what people said of some.

    `n` counts the labels. `effective_labels` says how many labels alone would give as narrow an interval;
    `weight` how much the machine counts (0: not at all), None where it is not one number. `method` is None
    where there is no figure.
    """

    method: Literal["corrected", "labels_only"] | None
    effective_labels: float | None = None
    weight: float | None = None


Loss = Literal["off_by_two", "differs"]
"""When an accepted grade is wrong: two or more levels off, or applicable to one side only (`off_by_two`), or
any other answer than people's (`differs`, on scales with fewer than four levels and without an order).
"""


class Certificate(Model):
    """A promise about grades that are accepted without a person.

    With probability at least 1 - `delta` over the labelled sample, at most the share `risk` of the grades
    whose raw confidence is at least `threshold` is wrong in the sense of `loss`. `threshold` is None where
    nothing can be promised yet; `labels_missing` then says how many faultless labels more it takes at least.
    `accepted_share` is that of all grades, `upper` the exact upper bound of the loss. `look` counts how often
    growing labels on the same basis were tested, this time included: `delta` is spread over all looks. 0
    where labels were too few for any test, which costs nothing.
    """

    loss: Loss
    risk: Share
    delta: Share
    threshold: Share | None
    accepted_share: Share
    labels: int
    wrong: int
    upper: Share | None = None
    labels_missing: int = 0
    look: int = 1
    note: str


class DimensionCalibration(Model):
    """What calibration knows about one dimension; parts are None where the labels are too few for them, and
    `agreement.notes` says so.
    """

    dimension: str
    agreement: DimensionAgreement
    score_map: ScoreMap | None = None
    confidence: ConfidenceMap | None = None
    certificate: Certificate | None = None
    blend: tuple[float, ...] | None = None


class Calibration(Model):
    """One calibration of one grader on one scorecard revision, from `conversations` that people labelled.

    `overall` is agreement over all dimensions. `learned`: text models belong to it. The same labels and the
    same `seed` give the same calibration; `labels_sha256` is the digest of those that counted.
    """

    id: str
    created_at: datetime
    scorecard: ScorecardRef
    basis: Basis
    basis_sha256: str
    labels_sha256: str = ""
    conversations: int
    dimensions: tuple[DimensionCalibration, ...]
    overall: OverallAgreement | None = None
    seed: int = 0
    learned: bool = False
    notes: tuple[str, ...] = ()


class Fitted(NamedTuple):
    """A calibration, and the text models that belong to it where there are any, as `learned` stores them."""

    calibration: Calibration
    models: bytes | None = None


class StoredCalibration(Calibration):
    """A calibration as it is kept: whether new grades follow it, and since when (null when they do not)."""

    active: bool = False
    activated_at: datetime | None = None


class CalibrationFile(Model):
    """A calibration as a file. `models` are its text models in base64, null where it has none."""

    format: Literal["qalibrate-calibration@1"] = "qalibrate-calibration@1"
    calibration: Calibration
    models: Base64Bytes | None = None

    @classmethod
    def of(cls, fitted: Fitted) -> "CalibrationFile":
        """Return the file of a calibration and its models."""
        models = None if fitted.models is None else base64.b64encode(fitted.models)
        return cls(calibration=fitted.calibration, models=models)
