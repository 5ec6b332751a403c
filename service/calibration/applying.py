"""What a calibration makes of grades that were just given: a confidence that people have checked, the level
that they are expected to give, and whether a person has to look.

Nothing of it is applied when anything that the calibration depends on has changed. What asked for a person
before (planted instructions, rules that could not look) asks for one after it too.
"""

from bisect import bisect_right
from collections.abc import Sequence

from service.domain.calibration import (
    Basis,
    Calibration,
    Certificate,
    ConfidenceMap,
    DimensionCalibration,
    Loss,
    ScoreMap,
)
from service.domain.evaluation import Assessment, Provenance
from service.domain.grade import UNCALIBRATED, Grade
from service.domain.scorecard import Dimension, Scorecard

_LOSS: dict[Loss, str] = {
    "off_by_two": "off by two levels or more",
    "differs": "other than a person's",
}
_FLAGGED = "something in the conversation is flagged, and a person has to look at it first"
_NAMES = {
    "grader": "grader",
    "model": "model",
    "prompt": "prompt",
    "redactor": "redactor",
    "policy": "redaction policy",
    "confidence_formula": "confidence formula",
}


def applied(calibration: Calibration | None, card: Scorecard, assessment: Assessment) -> Assessment:
    """Return the assessment under a calibration; the same one where there is none.

    Its provenance has to be complete. It then names the calibration, unless that has expired: every grade is
    what it was, and says what has changed.
    """
    if calibration is None:
        return assessment
    changes = _changes(calibration, card.content_hash, assessment.provenance)
    if changes:
        reason = _expired(calibration, changes, "this grade was")
        return assessment.model_copy(update={"grades": tuple(_for(reason, g) for g in assessment.grades)})
    known = {one.dimension: one for one in calibration.dimensions}
    asked = {dimension.id: dimension for dimension in card.dimensions}
    grades = tuple(
        _calibrated(grade, asked[grade.dimension], known.get(grade.dimension), calibration.id)
        for grade in _open_grades(assessment)
    )
    provenance = assessment.provenance.model_copy(update={"calibration": calibration.id})
    return assessment.model_copy(update={"grades": grades, "provenance": provenance})


def why_expired(calibration: Calibration, scorecard_sha256: str, provenance: Provenance) -> str | None:
    """Return why grades that were made like this do not follow a calibration; None where they may."""
    changes = _changes(calibration, scorecard_sha256, provenance)
    return _expired(calibration, changes, "these grades were") if changes else None


def raw_confidence(grade: Grade) -> float | None:
    """Return how sure the grader was before any calibration, 0 to 1."""
    return grade.confidence if grade.raw_confidence is None else grade.raw_confidence


def raw_expected_level(grade: Grade, *, calibrated: bool) -> float | None:
    """Return the grader's own mean level; `calibrated` says that the grade has followed a calibration."""
    return grade.raw_expected_level if calibrated else grade.expected_level


def never_accepted(dimension: Dimension, grade: Grade) -> str | None:
    """Return why no promise lets such a grade pass without a person; None where one may."""
    if grade.outcome == "ungraded":
        return "there is no grade to accept"
    if dimension.auto_fail and grade.level == dimension.scale.lowest.level:
        return f"it fails the whole {dimension.auto_fail}, which a person decides"
    return None


def calibrated_confidence(fitted: ConfidenceMap, raw: float) -> float:
    """Return the probability, 0 to 1, that a person agrees with a grade whose raw confidence this is."""
    xs = [x for x, _ in fitted.knots]
    at = bisect_right(xs, raw)
    if at == 0:
        return fitted.knots[0][1]
    if at == len(xs):
        return fitted.knots[-1][1]
    (x0, y0), (x1, y1) = fitted.knots[at - 1], fitted.knots[at]
    return round(y0 + (y1 - y0) * (raw - x0) / (x1 - x0), 3)


def expected_level(fitted: ScoreMap, dimension: Dimension, grade: Grade) -> float | None:
    """Return the level that people are expected to give, None for a grade without a level on the scale."""
    levels = [level.level for level in dimension.scale.levels]
    if grade.level not in levels or len(fitted.expected) != len(levels):
        return None
    if fitted.kind == "identity" and grade.expected_level is not None:
        # The grader's own mean says more than its level, and no map was found to say it better.
        return grade.expected_level
    return round(fitted.expected[levels.index(grade.level)], 3)


def _calibrated(grade: Grade, dimension: Dimension, known: DimensionCalibration | None, of: str) -> Grade:
    raw = raw_confidence(grade)
    changed: dict[str, object] = {"raw_expected_level": grade.expected_level}
    if known and known.confidence and known.confidence.knots and raw is not None:
        changed |= {"confidence": calibrated_confidence(known.confidence, raw), "raw_confidence": raw}
    if known and known.score_map:
        level = expected_level(known.score_map, dimension, grade)
        changed |= {} if level is None else {"expected_level": level}
    if grade.disposition_reason == UNCALIBRATED:
        accepted, reason = _decision(grade, dimension, known.certificate if known else None, raw)
        changed["disposition"] = "auto_accepted" if accepted else "needs_review"
        changed["disposition_reason"] = f"{reason} (calibration {of})"
    return grade.model_copy(update=changed)


def _decision(
    grade: Grade, dimension: Dimension, promise: Certificate | None, raw: float | None
) -> tuple[bool, str]:
    """Return whether a grade is accepted without a person, and why."""
    always = never_accepted(dimension, grade)
    if always is not None:
        return False, always
    if promise is None:
        return False, "nothing is promised of this dimension: too few people's grades of it are known"
    if promise.threshold is None:
        return False, f"nothing is promised of this dimension yet: {promise.note.rstrip('.')}"
    if raw is None:
        return False, "its confidence was not measured, and promises are about confident grades"
    return _against(promise, promise.threshold, raw)


def _against(promise: Certificate, threshold: float, raw: float) -> tuple[bool, str]:
    certainty = f"with {100 * (1 - promise.delta):g} % certainty"
    promised = f"at most {100 * promise.risk:g} % of such grades are {_LOSS[promise.loss]}, {certainty}"
    if raw >= threshold:
        return True, f"raw confidence {raw:.3f} is at least {threshold:.3f}: {promised}"
    return False, f"raw confidence {raw:.3f} is below {threshold:.3f}, from where on {promised}"


def _open_grades(assessment: Assessment) -> Sequence[Grade]:
    """Return the grades, each with a reason against it where something in the conversation is flagged."""
    return [_for(_FLAGGED, grade) for grade in assessment.grades] if assessment.flags else assessment.grades


def _for(reason: str, grade: Grade) -> Grade:
    """Return the grade with this reason, unless something else asks for a person."""
    if grade.disposition_reason != UNCALIBRATED:
        return grade
    return grade.model_copy(update={"disposition_reason": reason})


def _changes(
    calibration: Calibration, scorecard_sha256: str, provenance: Provenance
) -> dict[str, tuple[object, object]]:
    return calibration.basis.changes(Basis.of(scorecard_sha256, provenance))


def _expired(calibration: Calibration, changes: dict[str, tuple[object, object]], these: str) -> str:
    """Return what has changed since the calibration was made."""
    said = []
    if "scorecard_sha256" in changes:
        on = f"{calibration.scorecard.name}@{calibration.scorecard.revision}"
        said.append(f"it was made on {on}, and this scorecard has another content")
    others = {name: pair for name, pair in changes.items() if name in _NAMES}
    if others:
        was = " and ".join(_named(name, pair[0]) for name, pair in others.items())
        now = " and ".join(_named(name, pair[1]) for name, pair in others.items())
        said.append(f"it was made with {was}; {these} made with {now}")
    return f"the calibration {calibration.id} does not hold here: {'; '.join(said)}"


def _named(name: str, value: object) -> str:
    return f"no {_NAMES[name]}" if value is None else f"{_NAMES[name]} {value}"
