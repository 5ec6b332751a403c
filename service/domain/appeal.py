"""Appeals: an agent contests a grade, it is graded anew, a person decides; every verdict is kept."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from service.domain.base import Body, Model, ShortText, Slug, Text
from service.domain.evaluation import Failure, Provenance, Usage
from service.domain.grade import Evidence, Grade
from service.domain.review import Reason
from service.domain.scorecard import LevelValue

AppealState = Literal["open", "regraded", "decided", "withdrawn"]
"""`open`: filed, and the grading anew is on its way; `regraded`: both verdicts are there for a person."""

AppealFilterState = Literal[AppealState, "undecided"]
"""A state, or `undecided`: `open` or `regraded`, which is all that waits for a person."""

AppealVerdict = Literal["upheld", "amended", "rejected"]
"""`upheld`: the appeal is right; `amended`: in part; `rejected`: the contested grade stands."""

LONGEST_QUOTE = 2_000

Place = Annotated[int, Field(ge=0, le=10**9)]


class ContestedQuote(Model):
    """The words that an appeal is about: `text` as it stands in the redacted transcript (`turn` says in which
    turn, else the first that holds it counts), or `turn`, `start` and `end` in code points.
    """

    turn: Place | None = None
    start: Place | None = None
    end: Place | None = None
    text: Annotated[Text, Field(min_length=1, max_length=LONGEST_QUOTE)] | None = None

    @model_validator(mode="after")
    def _names_words(self) -> "ContestedQuote":
        by_place = None not in (self.turn, self.start, self.end)
        if self.text is None and not by_place:
            raise ValueError("say the `text`, or `turn`, `start` and `end`")
        return self


class AppealRequest(Body):
    """An appeal against the grade of one dimension. `by` is the agent, or who speaks for them."""

    dimension: Slug
    by: ShortText
    reason: Reason
    quote: ContestedQuote | None = None


class CommentRequest(Body):
    """What somebody adds to an appeal while it is open."""

    by: ShortText
    text: Reason


class WithdrawalRequest(Body):
    """Who takes an appeal back."""

    by: ShortText


class DecisionRequest(Body):
    """A person's decision. `level` is what counts from now on (``"na"`` for not applicable): needed where the
    appeal is amended; where it is upheld, the level of the grading anew counts if none is given.
    """

    by: ShortText
    verdict: AppealVerdict
    level: LevelValue | None = None
    reason: Reason

    @model_validator(mode="after")
    def _says_enough(self) -> "DecisionRequest":
        if self.verdict == "amended" and self.level is None:
            raise ValueError("an amended grade has a `level`")
        if self.verdict == "rejected" and self.level is not None:
            raise ValueError("where an appeal is rejected, the contested grade stands: leave `level` out")
        return self


class Regrade(Model):
    """What the same grader says when it grades the dimension anew, without the first answer, the appeal or
    the contested words before it. It decides nothing.

    `grade` is null where it could not be graded; `error` says why. `same_answer` compares it with the first
    one; `cites_quote` says whether its evidence overlaps the contested words (null without a quote). `note`
    says what the comparison is worth.
    """

    at: datetime
    grade: Grade | None = None
    error: Failure | None = None
    same_answer: bool | None = None
    cites_quote: bool | None = None
    note: str
    provenance: Provenance | None = None
    usage: Usage | None = None


class Decision(Model):
    """What a person decided, and the review that it became."""

    verdict: AppealVerdict
    level: LevelValue | None
    by: str
    at: datetime
    reason: str | None
    review: str


class Comment(Model):
    """A remark on an appeal."""

    id: str
    by: str
    at: datetime
    text: str


class Appeal(Model):
    """An appeal. `contested` is the grade as it stood when the appeal was filed, with the review that counted
    then; `quote` where the contested words stand. `decide_by` is when a decision is due, `overdue` that it
    still is not there.
    """

    id: str
    evaluation: str
    dimension: str
    by: str
    reason: str | None
    quote: Evidence | None = None
    state: AppealState
    created_at: datetime
    decide_by: datetime
    overdue: bool = False
    contested: Grade
    regrade: Regrade | None = None
    decision: Decision | None = None
    closed_at: datetime | None = None
    comments: tuple[Comment, ...] = ()

    @property
    def is_closed(self) -> bool:
        """Whether nothing more can be done with it."""
        return self.closed_at is not None


class AppealFilter(Model):
    """Which appeals a list shows; a field left out means any. `overdue` ones are not decided by `now`."""

    now: datetime
    state: AppealFilterState | None = None
    evaluation: str | None = None
    overdue: bool | None = None
