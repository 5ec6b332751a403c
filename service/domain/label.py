"""What people decide about conversations: labels."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, model_validator

from service.domain.base import Model, Moment, ShortText, Slug, Text
from service.domain.scorecard import LevelValue

NOT_APPLICABLE = "na"
"""The `level` of a label that says the dimension does not apply."""


class Label(Model):
    """A person's grade. `blind` says that the rater had not seen the machine's grade; `stratum` and
    `probability` (0 to 1] say how the conversation came to be labelled; `scorecard` is `name` or `name@3`,
    what the rater graded by; `created_at` is when.
    """

    dimension: Slug
    rater: ShortText
    level: LevelValue
    rationale: Text | None = None
    blind: bool | None = None
    stratum: ShortText | None = None
    probability: Annotated[float, Field(gt=0, le=1)] | None = None
    scorecard: ShortText | None = None
    created_at: Moment | None = None


class ConversationLabel(Label):
    """A label that says which conversation it is about: by the id of its evaluation, or by the conversation's
    own `external_id`, or both. `plan` is the id of the plan that asked for it.
    """

    evaluation: ShortText | None = None
    conversation: ShortText | None = None
    plan: ShortText | None = None

    @model_validator(mode="after")
    def _is_about_something(self) -> "ConversationLabel":
        if self.evaluation is None and self.conversation is None:
            raise ValueError("say which conversation: its external_id as `conversation`, or `evaluation`")
        return self


class EarlierLevel(Model):
    """A level that its rater, or who imported it, overruled later."""

    level: LevelValue
    created_at: datetime
    stored_at: datetime


class StoredLabel(ConversationLabel):
    """A label as it is kept. `created_at` is never null, `stored_at` is when it came in, `earlier` what it
    overruled. `plan` is the id of the plan that its probability is from; where it has a plan and no
    probability, the plan asked for it but another one counts; a probability without a plan it brought itself.
    """

    id: str
    stored_at: datetime
    earlier: tuple[EarlierLevel, ...] = ()


class LabelFilter(Model):
    """Which labels a list shows; a field left out means any. `evaluation` also finds the labels that its
    conversation got by its external_id.
    """

    scorecard: str | None = None
    dimension: str | None = None
    rater: str | None = None
    conversation: str | None = None
    evaluation: str | None = None
