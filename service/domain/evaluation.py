"""One conversation against one scorecard revision: what was asked, how far it is, and what came out."""

from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from service.domain.base import Model
from service.domain.facts import ContactFacts
from service.domain.grade import Coaching, Flag, Grade, GraderName, Observation
from service.domain.review import ReviewState
from service.domain.score import Score
from service.domain.transcript import Channel, Direction, Language, Speaker

Status = Literal["queued", "running", "completed", "failed", "cancelled"]
FINAL: frozenset[Status] = frozenset({"completed", "failed", "cancelled"})


class ScorecardRef(Model):
    """Which scorecard, and which of its revisions."""

    name: str
    revision: int


class AgentRef(Model):
    """The agent as the contact centre knows them; the name is redacted and not kept here."""

    id: str
    team: str | None = None


class RedactionSummary(Model):
    """How many pieces of each entity type were taken out, by which policy and rule set.

    `caught` counts the pieces that no rule found and the safety net took out. `answers` counts by type what
    was taken out of the model's own words.
    """

    entities: dict[str, int]
    policy: str
    version: str
    caught: int = 0
    answers: dict[str, int] = {}


class RedactedTurn(Model):
    """A turn as it was graded and as evidence indexes it."""

    speaker: Speaker
    text: str


class Usage(Model):
    """What grading cost. `estimated` says that the server reported no token counts and ours are upper bounds.
    `cost_usd` is None where no price is known for the model.
    """

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cost_usd: float | None = None
    latency_ms: int = 0
    windows: int = 1
    estimated: bool = False


class Provenance(Model):
    """Where the grades come from: enough to tell whether two results may be compared.

    `model` is the name that the server gave, `seed` what it was asked to draw with (None where it takes
    none). `sent_sha256` is the digest of the exact payload of the first request to the model,
    `requests_sha256` those of all of them in the order in which they were answered.
    """

    grader: GraderName
    redactor: str
    policy: str | None = None
    prompt: str | None = None
    model: str | None = None
    seed: int | None = None
    calibration: str | None = None
    sent_sha256: str | None = None
    requests_sha256: tuple[str, ...] = ()


class Failure(Model):
    """Why an evaluation failed: a stable `type` and a sentence without personal data."""

    type: str
    detail: str


class Waiting(Model):
    """Why an evaluation waits longer than its place in the queue asks for, with a stable `type` and a
    sentence. By `until` it is looked at again, and may go on waiting: it moves on from minute to minute while
    the reason lasts, up to the limits that the settings give (`QALIBRATE_MODEL_AWAY_HOURS`).
    """

    type: str
    detail: str
    since: datetime
    until: datetime


class Assessment(Model):
    """All that a grader returns for one conversation. `taken_out` counts by type the pieces of personal data
    that its words held; it goes back as `redaction.answers`.
    """

    grades: tuple[Grade, ...]
    coaching: Coaching = Coaching()
    facts: ContactFacts | None = None
    signals: dict[str, float | int | None] = {}
    observations: tuple[Observation, ...] = ()
    flags: tuple[Flag, ...] = ()
    usage: Usage = Usage()
    provenance: Provenance
    taken_out: dict[str, int] = {}


class Evaluation(Model):
    """One evaluation as it is returned; every key is always there, null until it is known.

    `facts` is what the contact was about, null from a grader that does not tell. `observations` are what
    rules measured, whatever the grader, `signals` the figures behind them. `flags` are for a person to look
    at first. `score` is the machine's; `reviewed_score` counts people's levels where they gave any.
    `review_state` is null where nobody has to look. `turns` stays null unless it was asked for.
    """

    id: str
    external_id: str | None = None
    status: Status
    scorecard: ScorecardRef
    language: Language
    channel: Channel | None = None
    call_type: str | None = None
    direction: Direction | None = None
    agent: AgentRef | None = None
    started_at: datetime | None = None
    created_at: datetime
    completed_at: datetime | None = None
    score: Score | None = None
    reviewed_score: Score | None = None
    review_state: ReviewState | None = None
    review_due_at: datetime | None = None
    grades: tuple[Grade, ...] = ()
    coaching: Coaching | None = None
    facts: ContactFacts | None = None
    signals: dict[str, float | int | None] | None = None
    observations: tuple[Observation, ...] = ()
    flags: tuple[Flag, ...] = ()
    redaction: RedactionSummary
    usage: Usage | None = None
    provenance: Provenance | None = None
    error: Failure | None = None
    waiting: Waiting | None = None
    metadata: dict[str, JsonValue] = {}
    turns: tuple[RedactedTurn, ...] | None = None

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in FINAL
