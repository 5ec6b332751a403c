"""Grades: what is recorded for each outcome."""

import pytest
from pydantic import ValidationError

from service.domain.grade import Absence, Evidence, Grade, NotApplicable, Ungraded, UngradedReason, Verdict
from service.domain.label import Label
from service.domain.scorecard import Dimension
from tests.service.cards import dimension

GREETING = Dimension.model_validate(dimension("greeting"))
QUOTE = Evidence(turn=0, speaker="agent", quote="Hello", start=0, end=5)
KEYS = {
    "dimension", "section", "outcome", "level", "label", "points", "rationale", "evidence", "absence",
    "not_applicable_reason", "ungraded_reason", "confidence", "raw_confidence", "confidence_parts",
    "expected_level", "raw_expected_level",
    "disposition", "disposition_reason", "grader", "review",
}  # fmt: skip


def test_a_verdict_takes_points_and_label_from_the_scale() -> None:
    verdict = Verdict(level="yes", rationale="It greets.", evidence=(QUOTE,))
    grade = Grade.of(GREETING, "opening", verdict, "llm")
    assert (grade.outcome, grade.level, grade.points, grade.label) == ("graded", "yes", 1, "yes")
    assert (grade.evidence, grade.section, grade.grader) == ((QUOTE,), "opening", "llm")


def test_the_label_is_the_one_given_else_the_anchor_of_a_number() -> None:
    levels = [
        {"level": 1, "points": 0, "anchor": "Nothing is said."},
        {"level": 2, "points": 1, "anchor": "All is said.", "label": "fully"},
    ]
    ordinal = Dimension.model_validate(dimension("a", scale={"type": "ordinal", "levels": levels}))
    labels = [Grade.of(ordinal, "s", Verdict(level=level, rationale="-"), "llm").label for level in (1, 2)]
    assert labels == ["Nothing is said.", "fully"]


def test_a_verdict_may_rest_on_absence() -> None:
    absence = Absence(searched=((0, 37),), looked_for="an offer of compensation")
    grade = Grade.of(GREETING, "s", Verdict(level="no", rationale="-", absence=absence), "llm")
    assert grade.model_dump(mode="json")["absence"] == {
        "searched": [[0, 37]],
        "looked_for": "an offer of compensation",
    }


@pytest.mark.parametrize("level", ["maybe", "YES", 1, 0])
def test_a_level_that_is_not_on_the_scale_is_refused(level: int | str) -> None:
    with pytest.raises(ValueError, match="not on the scale"):
        Grade.of(GREETING, "s", Verdict(level=level, rationale="-"), "llm")


def test_not_applicable_keeps_its_reason_and_evidence_and_has_no_level() -> None:
    grade = Grade.of(GREETING, "s", NotApplicable(reason="Begins late.", evidence=(QUOTE,)), "signals")
    assert (grade.outcome, grade.not_applicable_reason) == ("not_applicable", "Begins late.")
    assert (grade.level, grade.points, grade.evidence) == (None, None, (QUOTE,))


@pytest.mark.parametrize("reason", list(UngradedReason))
def test_ungraded_is_a_value_with_a_reason(reason: UngradedReason) -> None:
    grade = Grade.of(GREETING, "s", Ungraded(reason=reason), "llm")
    assert (grade.outcome, grade.ungraded_reason) == ("ungraded", reason.value)
    assert (grade.level, grade.points, grade.rationale) == (None, None, None)


@pytest.mark.parametrize(
    "outcome",
    [Verdict(level="no", rationale="-"), NotApplicable(reason="-"), Ungraded(reason=UngradedReason.REFUSED)],
)
def test_every_key_is_always_there(outcome: Verdict | NotApplicable | Ungraded) -> None:
    grade = Grade.of(GREETING, "s", outcome, "llm")
    assert grade.model_dump(mode="json").keys() == KEYS
    assert Grade.model_validate_json(grade.model_dump_json()) == grade


def test_a_grade_cannot_be_changed() -> None:
    grade = Grade.of(GREETING, "s", Verdict(level="no", rationale="-"), "llm")
    with pytest.raises(ValidationError):
        grade.level = "yes"  # type: ignore[misc]


@pytest.mark.parametrize(
    "fields", [{"turn": -1}, {"start": -1}, {"end": 0}, {"quote": ""}, {"speaker": "robot"}]
)
def test_evidence_is_some_words_of_a_turn(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Evidence.model_validate({**QUOTE.model_dump(), **fields})


@pytest.mark.parametrize("confidence", [-0.01, 1.01, float("nan")])
def test_confidence_lies_between_0_and_1(confidence: float) -> None:
    given = Grade.of(GREETING, "s", Verdict(level="no", rationale="-"), "llm").model_dump()
    with pytest.raises(ValidationError):
        Grade.model_validate({**given, "confidence": confidence})


def test_a_label_holds_a_number_a_word_or_not_applicable() -> None:
    levels = [Label(dimension="greeting", rater="r1", level=level).level for level in (4, "yes", "na")]
    assert levels == [4, "yes", "na"]


@pytest.mark.parametrize(
    "fields",
    [
        {"level": True},
        {"level": 1.5},
        {"level": None},
        {"probability": 0},
        {"probability": 1.1},
        {"rater": ""},
    ],
)
def test_broken_labels_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Label.model_validate({"dimension": "greeting", "rater": "r1", "level": 4, **fields})
