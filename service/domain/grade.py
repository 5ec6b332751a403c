"""What grading gives: an outcome for each dimension, with the words that prove it."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from service.domain.base import Model
from service.domain.review import CurrentReview
from service.domain.scorecard import Dimension, LevelValue
from service.domain.transcript import Speaker

GraderName = Literal["llm", "signals", "learned"]
Disposition = Literal["auto_accepted", "needs_review", "reviewed"]

UNCALIBRATED = "no calibration covers this grader"
"""Why a person has to look at a grade of which nothing else was said; other reasons outlast calibration."""


class Evidence(Model):
    """Words that were said. `start` and `end` are code points in the redacted text of the turn, so that
    ``text[start:end] == quote``.
    """

    turn: Annotated[int, Field(ge=0)]
    speaker: Speaker
    quote: Annotated[str, Field(min_length=1)]
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=1)]


class Absence(Model):
    """What was looked for and not found. `searched` holds turn ranges, both ends inclusive."""

    searched: tuple[tuple[int, int], ...]
    looked_for: str


class UngradedReason(StrEnum):
    """Why a dimension has no grade."""

    NEEDS_MODEL = "needs a language model"
    NEEDS_LABELS = "needs labels"
    NOT_MEASURABLE = "not measurable on this transcript"
    NO_EVIDENCE = "evidence not found"
    NO_ANSWER = "the model gave no answer"
    BAD_ANSWER = "the model's answer was malformed"
    BAD_LEVEL = "the model gave a level that is not on the scale"
    NA_NOT_ALLOWED = "the model said not applicable, which this dimension does not allow"
    REFUSED = "the model refused"
    TRUNCATED = "the model's answer was cut off"
    TOO_LONG = "the conversation is too long for the model"
    NO_ROOM = "instructions and scorecard leave no room for the conversation in a request to the model"
    UNREAD_PART = "a part of the conversation could not be read"
    NO_CONDITION = "the answer it depends on is missing"


class ConfidenceParts(Model):
    """What a confidence was made from, each 0 to 1; None where it could not be measured.

    `level_probability`: the model's own probability of the level it wrote. `votes`: share of the votes for
    the outcome. `evidence`: strength of the proof. `agreement`: how near the embedded grader came.
    """

    level_probability: Annotated[float, Field(ge=0, le=1)] | None = None
    votes: Annotated[float, Field(ge=0, le=1)] | None = None
    evidence: Annotated[float, Field(ge=0, le=1)] | None = None
    agreement: Annotated[float, Field(ge=0, le=1)] | None = None


class Verdict(Model):
    """A dimension that was graded."""

    level: LevelValue
    rationale: str
    evidence: tuple[Evidence, ...] = ()
    absence: Absence | None = None


class NotApplicable(Model):
    """A dimension that does not apply to this conversation, and why."""

    reason: str
    evidence: tuple[Evidence, ...] = ()


class Ungraded(Model):
    """A dimension that could not be graded, and why: a value, never an exception and never a zero."""

    reason: UngradedReason


Outcome = Verdict | NotApplicable | Ungraded


class Grade(Model):
    """One dimension's outcome as it is stored and returned; every key is always there.

    `confidence`, made from `confidence_parts`, is None where it was not measured. Under a calibration it is
    the probability that a person agrees within one level, and `raw_confidence` what it was before; else that
    is None. `expected_level` is, under a calibration, the level that people are expected to give, and
    `raw_expected_level` what it was before; else the mean of the levels weighed by the model's own
    probabilities, None where its server does not give them. `review` is people's last word on it; the grade
    beside it stays what the machine gave.
    """

    dimension: str
    section: str
    outcome: Literal["graded", "not_applicable", "ungraded"]
    level: LevelValue | None = None
    label: str | None = None
    points: float | None = None
    rationale: str | None = None
    evidence: tuple[Evidence, ...] = ()
    absence: Absence | None = None
    not_applicable_reason: str | None = None
    ungraded_reason: str | None = None
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    raw_confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    confidence_parts: ConfidenceParts | None = None
    expected_level: float | None = None
    raw_expected_level: float | None = None
    disposition: Disposition = "needs_review"
    disposition_reason: str = UNCALIBRATED
    grader: GraderName
    review: CurrentReview | None = None

    @classmethod
    def of(cls, dimension: Dimension, section: str, outcome: Outcome, grader: GraderName) -> "Grade":
        """Return the grade that records `outcome` for `dimension`.

        Raises ValueError when the level is not on the dimension's scale: graders check that first.
        """
        match outcome:
            case Ungraded(reason=reason):
                return cls(
                    dimension=dimension.id,
                    section=section,
                    outcome="ungraded",
                    grader=grader,
                    ungraded_reason=reason.value,
                )
            case NotApplicable(reason=reason, evidence=evidence):
                return cls(
                    dimension=dimension.id,
                    section=section,
                    outcome="not_applicable",
                    grader=grader,
                    not_applicable_reason=reason,
                    evidence=evidence,
                )
            case Verdict():
                return cls._of_verdict(dimension, section, outcome, grader)

    @classmethod
    def _of_verdict(cls, dimension: Dimension, section: str, verdict: Verdict, grader: GraderName) -> "Grade":
        level = dimension.scale.find(verdict.level)
        if level is None:
            raise ValueError(f"level {verdict.level!r} is not on the scale of {dimension.id!r}")
        return cls(
            dimension=dimension.id,
            section=section,
            outcome="graded",
            grader=grader,
            level=level.level,
            label=level.label or (level.level if isinstance(level.level, str) else level.anchor),
            points=level.points,
            rationale=verdict.rationale,
            evidence=verdict.evidence,
            absence=verdict.absence,
        )


class CoachingPoint(Model):
    """One thing to praise or to improve, tied to a dimension and to words that were said."""

    dimension: str
    text: str
    evidence: tuple[Evidence, ...] = ()


class Coaching(Model):
    """Few points at once: at least one strength where there is one, at most three improvements.

    `unproved` counts points that a model proposed with words that were not said; they are left out.
    """

    strengths: tuple[CoachingPoint, ...] = ()
    improvements: tuple[CoachingPoint, ...] = ()
    unproved: int = 0


class Flag(Model):
    """Something a person should look at, such as an instruction planted in a transcript.

    `quote` stands in turn number `turn`, or, where that is None, in reference text number `reference`.
    """

    kind: Literal["suspected_instruction"]
    turn: Annotated[int, Field(ge=0)] | None
    reference: Annotated[int, Field(ge=0)] | None = None
    quote: str


class Replacement(Model):
    """Words that were said, in which turn, and what to say instead."""

    turn: Annotated[int, Field(ge=0)]
    said: str
    instead: str


class Observation(Model):
    """What a rule measured in the conversation, whatever grader gave the grades.

    `value` is 0 to 1, where 1 is the good end; None where this transcript does not allow the measurement.
    `rationale` is one sentence in the conversation's language. `suggestions` are words to say instead of a
    quoted one.
    """

    signal: str
    value: Annotated[float, Field(ge=0, le=1)] | None
    rationale: str
    evidence: tuple[Evidence, ...] = ()
    absence: Absence | None = None
    suggestions: tuple[Replacement, ...] = ()
