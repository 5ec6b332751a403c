"""What people decide: labels on conversations, and reviews of grades that were given."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from service.domain.base import Model, ShortText, Slug, Text
from service.domain.scorecard import LevelValue

NOT_APPLICABLE = "na"
"""The `level` of a label that says the dimension does not apply."""


class Label(Model):
    """A person's grade. `blind` says that the rater had not seen the machine's grade; `stratum` and
    `probability` (0 to 1] say how the conversation came to be labelled.
    """

    dimension: Slug
    rater: ShortText
    level: LevelValue
    rationale: Text | None = None
    blind: bool | None = None
    stratum: ShortText | None = None
    probability: Annotated[float, Field(gt=0, le=1)] | None = None
    created_at: datetime | None = None


class Review(Model):
    """A person accepts or overrules a grade. Reviews are appended; the grade itself stays as it was given."""

    dimension: Slug
    reviewer: ShortText
    decision: Literal["accepted", "overruled"]
    level: LevelValue | None = None
    reason: Annotated[Text, Field(min_length=1)]
    created_at: datetime
