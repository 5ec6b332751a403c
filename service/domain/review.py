"""What people decide about grades: reviews are appended, and the grade itself stays as it was given."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from service.domain.base import Body, Model, ShortText, Slug, Text
from service.domain.scorecard import LevelValue

ReviewVerdict = Literal["accept", "overrule"]
ReviewState = Literal["open", "done"]
"""Whether a person has to look at an evaluation, or has. Nobody has to look at one without a state."""

LONGEST_REASON = 5_000
MOST_VERDICTS = 200

Reason = Annotated[Text, Field(min_length=1, max_length=LONGEST_REASON)]
"""Why somebody decides so, or asks for it; redacted before it is stored."""


class CurrentReview(Model):
    """What people's last word on a grade is. `level` is ``"na"`` for not applicable, null where it was
    accepted that there is no grade; `points` are 0 to 1. `count` says how often it was reviewed; `appeal` is
    the id of the appeal that this decides.
    """

    verdict: ReviewVerdict
    level: LevelValue | None = None
    label: str | None = None
    points: float | None = None
    by: str
    at: datetime
    reason: str | None = None
    count: Annotated[int, Field(ge=1)] = 1
    appeal: str | None = None


class Review(Model):
    """One line of an evaluation's history of reviews."""

    id: str
    evaluation: str
    dimension: str
    verdict: ReviewVerdict
    level: LevelValue | None = None
    label: str | None = None
    points: float | None = None
    by: str
    at: datetime
    reason: str | None = None
    blind: bool = False
    appeal: str | None = None

    def current(self, count: int) -> CurrentReview:
        """Return this as the last word of `count` reviews."""
        shared = CurrentReview.model_fields.keys() - {"count"}
        return CurrentReview(count=count, **{name: getattr(self, name) for name in shared})


class GivenVerdict(Model):
    """What a person says of one grade. To overrule takes a `level` (``"na"`` for not applicable) and a
    `reason`. `blind` says that the reviewer gave `level` before seeing the grade: the label counts as blind.
    """

    dimension: Slug
    verdict: ReviewVerdict
    level: LevelValue | None = None
    reason: Reason | None = None
    blind: bool = False

    @model_validator(mode="after")
    def _says_enough(self) -> "GivenVerdict":
        if self.verdict == "overrule" and self.level is None:
            raise ValueError('to overrule, say the `level` that is right ("na" for not applicable)')
        if self.verdict == "overrule" and not (self.reason or "").strip():
            raise ValueError("to overrule, say the `reason`")
        if self.blind and self.level is None:
            raise ValueError("a blind verdict says the `level` that was given before the grade was seen")
        return self


class ReviewRequest(Body):
    """Verdicts of one person on grades of one evaluation: all of them are stored, or none."""

    reviewer: ShortText
    verdicts: Annotated[tuple[GivenVerdict, ...], Field(min_length=1, max_length=MOST_VERDICTS)]

    @model_validator(mode="after")
    def _each_once(self) -> "ReviewRequest":
        names = [one.dimension for one in self.verdicts]
        if len(set(names)) < len(names):
            raise ValueError("each dimension has one verdict")
        return self


class ClaimRequest(Body):
    """Somebody takes an evaluation on: nobody else reviews it for `minutes`. `by` may be a colleague."""

    by: ShortText
    minutes: Annotated[int, Field(ge=1, le=10_080)] = 30


class Claim(Model):
    """Who holds an evaluation, and until when."""

    evaluation: str
    by: str
    until: datetime


class ReviewEffect(Model):
    """What a verdict changed beyond its grade: what became of the label that it is, and what is known of the
    dimension now.

    `label` is `stored`, `replaced` (an earlier one of the same person), `known` (it said so already), `kept`
    (an earlier blind one of the same person stays) or `none`. `labels` and `blind_labels` count those on this
    dimension of the scorecard. `used_by_calibration` says whether the next calibration uses this label;
    `detail` says why in words.
    """

    dimension: str
    label: Literal["stored", "replaced", "known", "kept", "none"]
    labels: int
    blind_labels: int
    used_by_calibration: bool
    detail: str
