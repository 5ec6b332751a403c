"""Calibration sessions: several people grade the same conversations, none seeing another's answers."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from service.domain.agreement import Agreement, DimensionAgreement
from service.domain.base import Body, Model, Moment, ShortText, Slug, Text
from service.domain.evaluation import RedactedTurn, ScorecardRef
from service.domain.person import person_key, same_person
from service.domain.review import LONGEST_REASON
from service.domain.scorecard import LevelValue
from service.domain.transcript import Language

MOST_CONVERSATIONS = 20
MOST_RATERS = 30
MOST_ANSWERS = 2_000

SessionState = Literal["open", "closed"]
Rationale = Annotated[Text, Field(max_length=LONGEST_REASON)]


class SessionRequest(Body):
    """Have these people grade these conversations, by the ids of their evaluations, all on one scorecard.
    `expert` grades them too; the others are held against that.
    """

    name: ShortText
    evaluations: Annotated[tuple[ShortText, ...], Field(min_length=1, max_length=MOST_CONVERSATIONS)]
    raters: Annotated[tuple[ShortText, ...], Field(min_length=1, max_length=MOST_RATERS)]
    expert: ShortText | None = None
    due: Moment | None = None

    @model_validator(mode="after")
    def _several_people(self) -> "SessionRequest":
        people = [*self.raters, *([self.expert] if self.expert else [])]
        if len(set(map(person_key, people))) < len(people):
            raise ValueError("each person is named once; the expert is none of the raters")
        if len(people) < 2:
            raise ValueError("it takes two people: several raters, or a rater and an expert")
        if len(set(self.evaluations)) < len(self.evaluations):
            raise ValueError("each evaluation is named once")
        return self


class Session(Model):
    """A calibration session. `answered` counts each person's answers, of `questions` that there are; a
    dimension that is asked only on a condition may be left out.
    """

    id: str
    name: str
    state: SessionState
    scorecard: ScorecardRef
    evaluations: tuple[str, ...]
    raters: tuple[str, ...]
    expert: str | None = None
    due_at: datetime | None = None
    overdue: bool = False
    created_at: datetime
    closed_at: datetime | None = None
    questions: int
    answered: dict[str, int] = {}

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody who grades."""
        return self.raters if self.expert is None else (*self.raters, self.expert)

    def person(self, name: str) -> str | None:
        """Return who is meant, as the session spells the name; None for somebody who takes no part."""
        return next((one for one in self.people if same_person(one, name)), None)


class OpenedSession(Session):
    """A session just opened. `tokens` holds one for each person, shown this once: it opens their sheet and
    lets them answer. Give each only their own.
    """

    tokens: dict[str, str]


class Answer(Model):
    """One person's answer to one dimension of one conversation; `level` may be ``"na"``."""

    evaluation: ShortText
    dimension: Slug
    level: LevelValue
    rationale: Rationale | None = None


class AnswersRequest(Body):
    """One person's answers: all of them are stored, or none. A later answer to the same question counts."""

    rater: ShortText
    answers: Annotated[tuple[Answer, ...], Field(min_length=1, max_length=MOST_ANSWERS)]


class StoredAnswer(Answer):
    """An answer as it is kept."""

    id: str
    rater: str
    at: datetime
    blind: bool | None = None


class SheetLevel(Model):
    """A level that can be given, and what it means."""

    level: LevelValue
    label: str | None
    anchor: str


class SheetQuestion(Model):
    """A dimension as a person is asked it. `not_applicable` says when ``"na"`` is the answer (null: never),
    `asked_only_when` on which condition it is asked at all.
    """

    dimension: str
    section: str
    title: str
    question: str
    guidance: str | None
    about: str
    not_applicable: str | None
    asked_only_when: str | None
    levels: tuple[SheetLevel, ...]


class SheetConversation(Model):
    """A conversation to grade: its redacted turns, and what the person answered so far."""

    evaluation: str
    language: Language
    turns: tuple[RedactedTurn, ...]
    answers: tuple[Answer, ...]


class Sheet(Model):
    """What one person has to grade. Nothing that the machine or anybody else thinks is in it."""

    session: str
    rater: str
    state: SessionState
    questions: tuple[SheetQuestion, ...]
    conversations: tuple[SheetConversation, ...]


class ComparedItem(Model):
    """Everybody's answer to one dimension of one conversation. `spread` is how many levels the furthest of
    them are apart (on scales without an order: how many different answers there are, less one; null where
    fewer than two answered); `machine` is null where it gave no grade.
    """

    evaluation: str
    answers: dict[str, LevelValue]
    expert: LevelValue | None
    machine: LevelValue | None
    spread: int | None


class ComparedDimension(Model):
    """One dimension over all conversations. `items` start where people are furthest apart. `agreement` is
    among people, with the machine and a constant guess beside them; `against_expert` holds each rater's.
    """

    dimension: str
    title: str
    items: tuple[ComparedItem, ...]
    agreement: DimensionAgreement
    against_expert: dict[str, Agreement]


class SessionLabels(Model):
    """What became of the answers as labels. `seen` counts those whose rater had seen the very grade
    before: they count as given with the grade in sight, and replace none that was given blind.
    """

    stored: int = 0
    replaced: int = 0
    known: int = 0
    seen: int = 0


class SessionResults(Model):
    """What a closed session showed; `missing` counts what each person left open."""

    session: Session
    dimensions: tuple[ComparedDimension, ...]
    missing: dict[str, int]
    notes: tuple[str, ...]
    labels: SessionLabels | None = None
