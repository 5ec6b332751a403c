"""What is left of a result once its conversation is erased: numbers, and names of the scorecard's own."""

from collections.abc import Collection, Mapping
from typing import Any

from service.domain.base import Model

ERASED = "erased"
"""Stands where a sentence about the conversation was."""

GRADE_KEEPS = frozenset(
    {
        *("dimension", "section", "outcome", "level", "label", "points", "ungraded_reason"),
        *("confidence", "raw_confidence", "confidence_parts", "expected_level", "raw_expected_level"),
        *("disposition", "grader"),
    }
)
REVIEW_KEEPS = frozenset({"verdict", "level", "label", "points", "by", "at", "count", "appeal"})
ASSESSMENT_KEEPS = frozenset({"score", "signals", "usage", "taken_out"})
# The digests are of the very words that have to go.
PROVENANCE_DROPS = frozenset({"sent_sha256", "requests_sha256"})


class Erased(Model):
    """What became of a call to erase.

    `erased` counts the evaluations erased now, `gone` names those that were erased before, `unknown` those
    that are not there.
    """

    erased: int
    gone: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def numbers_of(assessment: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stays of a stored assessment. Names what stays rather than what goes: a part that is new
    goes until somebody decides that it may stay.
    """
    provenance = assessment.get("provenance") or {}
    kept = {name: value for name, value in provenance.items() if name not in PROVENANCE_DROPS}
    return _only(assessment, ASSESSMENT_KEEPS) | {
        "grades": [_numbers_of_grade(grade) for grade in assessment.get("grades", ())],
        "observations": [
            {"signal": one["signal"], "value": one["value"], "rationale": ""}
            for one in assessment.get("observations", ())
        ],
        "flags": [
            {"kind": one["kind"], "turn": one["turn"], "quote": ""} for one in assessment.get("flags", ())
        ],
        "provenance": kept,
    }


def _numbers_of_grade(grade: Mapping[str, Any]) -> dict[str, Any]:
    review = grade.get("review")
    said = {"disposition_reason": ERASED, "review": _only(review, REVIEW_KEEPS) if review else None}
    return _only(grade, GRADE_KEEPS) | said


def _only(given: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name in names}
