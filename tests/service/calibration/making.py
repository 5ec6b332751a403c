"""Graded conversations with labels, and calibrations, made by hand for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from service.domain.agreement import DimensionAgreement, Estimate
from service.domain.calibration import (
    Basis,
    Calibration,
    Certificate,
    ConfidenceMap,
    DimensionCalibration,
    ScoreMap,
)
from service.domain.evaluation import Evaluation, Provenance, RedactedTurn, RedactionSummary, ScorecardRef
from service.domain.grade import Grade, NotApplicable, Ungraded, UngradedReason, Verdict
from service.domain.label import Label
from service.domain.labelled import LabelledEvaluation
from service.domain.scorecard import Scorecard, ScorecardRevision
from tests.service.cards import dimension, make_card

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
FIVE = {
    "type": "ordinal",
    "levels": [{"level": n, "points": (n - 1) / 4, "anchor": f"As good as {n} of 5."} for n in range(1, 6)],
}


def two_dimensions(**fields: Any) -> ScorecardRevision:
    """Tone, 1 to 5, may not apply; and greeting, yes or no, which fails the card."""
    tone = dimension("tone", scale=FIVE, not_applicable="Nobody speaks.")
    greeting = dimension("greeting", auto_fail="card")
    return ScorecardRevision(scorecard=make_card(tone, greeting, name="two", **fields), revision=3)


def provenance(**fields: Any) -> Provenance:
    """Grades of a model under a prompt."""
    known = {"grader": "llm", "redactor": "7", "policy": "p", "prompt": "grade@2", "model": "m-1"}
    return Provenance.model_validate(known | fields)


def a_grade(card: Scorecard, name: str, level: Any, confidence: float | None = 0.8, **fields: Any) -> Grade:
    """A grade with this level, ``"na"``, or none."""
    asked = next(d for d in card.dimensions if d.id == name)
    outcomes = {
        "na": NotApplicable(reason="It does not apply."),
        None: Ungraded(reason=UngradedReason.NO_EVIDENCE),
    }
    outcome = outcomes.get(level) or Verdict(level=level, rationale="It says so.")
    grade = Grade.of(asked, card.section_of[name], outcome, "llm")
    sure = None if level is None else confidence
    return grade.model_copy(update={"confidence": sure, **fields})


def label(name: str, level: Any, rater: str = "r1", **fields: Any) -> Label:
    """A blind label."""
    return Label(dimension=name, rater=rater, level=level, **{"blind": True, **fields})


def graded(
    number: int, *labels: Label, card: ScorecardRevision | None = None, **fields: Any
) -> LabelledEvaluation:
    """The evaluation of conversation `c<number>`, accepted that many minutes after NOW."""
    on = card or two_dimensions()
    tone, confidence = fields.pop("tone", 4), fields.pop("confidence", 0.8)
    known = {
        "id": f"e{number}",
        "external_id": f"c{number}",
        "status": "completed",
        "scorecard": ScorecardRef(name=on.name, revision=on.revision),
        "language": "en",
        "created_at": NOW + timedelta(minutes=number),
        "redaction": RedactionSummary(entities={}, policy="p", version="7"),
        "provenance": provenance(),
        "grades": (
            a_grade(on.scorecard, "tone", tone, confidence),
            a_grade(on.scorecard, "greeting", "yes", confidence),
        ),
        "turns": (RedactedTurn(speaker="agent", text=f"Hello, number {number}."),),
    }
    return LabelledEvaluation(evaluation=Evaluation.model_validate(known | fields), labels=labels)


def nothing_known(name: str) -> DimensionAgreement:
    """Agreement on a dimension without labels."""
    return DimensionAgreement(dimension=name, scale="ordinal", items=0, labels=0, raters=(), columns={})


def a_promise(**fields: Any) -> Certificate:
    """Grades from a raw confidence of 0.88 on are off by two in at most a tenth of cases."""
    known = {"loss": "off_by_two", "risk": 0.1, "delta": 0.1, "threshold": 0.88, "accepted_share": 0.4}
    return Certificate.model_validate(known | {"labels": 60, "wrong": 1, "note": "It is promised."} | fields)


def a_calibration(card: ScorecardRevision | None = None, **fields: Any) -> Calibration:
    """Tone reads one too high and is promised from 0.88 on; greeting is promised from 0.5 on."""
    on = card or two_dimensions()
    basis = fields.pop("basis", None) or Basis.of(on.scorecard.content_hash, provenance())
    ece = Estimate(value=0.1, n=60)
    knots = ((0.2, 0.1), (0.7, 0.6), (0.9, 0.95))
    tone = DimensionCalibration(
        dimension="tone",
        agreement=nothing_known("tone"),
        score_map=ScoreMap(kind="shift", expected=(1, 1, 2, 3, 4), n=60, gate="It wins."),
        confidence=ConfidenceMap(knots=knots, n=60, ece_before=ece, ece_after=ece),
        certificate=a_promise(),
    )
    greeting = DimensionCalibration(
        dimension="greeting",
        agreement=nothing_known("greeting"),
        certificate=a_promise(loss="differs", threshold=0.5),
    )
    known = {
        "id": "cal1",
        "created_at": NOW,
        "scorecard": ScorecardRef(name=on.name, revision=on.revision),
        "basis": basis,
        "basis_sha256": basis.sha256,
        "conversations": 60,
        "dimensions": (tone, greeting),
    }
    return Calibration.model_validate(known | fields)


_WORDS = {1: "rude awful", 2: "slow bad", 3: "fine okay", 4: "kind good", 5: "lovely great"}


def a_labelled_set(number: int = 60, *, harsh: int = 0, card: ScorecardRevision | None = None) -> list[Any]:
    """Conversations of two raters whose words tell the level; the grader is `harsh` levels too low and surer
    where it is right.
    """
    made = []
    for n in range(number):
        level = 1 + (n * 7) % 5
        machine = min(max(level - harsh + (n % 6 == 0), 1), 5)
        said = f"Agent number {n} was {_WORDS[level]} today, {_WORDS[level].split()[n % 2]}."
        made.append(
            graded(
                n,
                label("tone", level, "r1"),
                label("tone", min(max(level + (n % 4 == 0), 1), 5), "r2"),
                label("greeting", "yes" if n % 8 else "no", "r1"),
                card=card,
                tone=machine,
                confidence=round((0.55 if abs(machine - level) > 1 else 0.75) + (n % 10) / 50, 3),
                turns=(RedactedTurn(speaker="agent", text=said),),
            )
        )
    return made
