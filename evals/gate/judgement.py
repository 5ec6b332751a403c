"""What the gate reports: plain values that every report is made of."""

from datetime import datetime
from typing import Literal

from service.domain.agreement import DimensionAgreement, Estimate, OverallAgreement
from service.domain.base import Model
from service.domain.calibration import ReliabilityBin
from service.domain.scorecard import LevelValue

OVERALL = "overall"


class Source(Model):
    """A run in a few words. `failed` conversations got no evaluation, `left_out` were never tried.
    `requests` went to a model, over all repeats; `cost_usd` is None where no price is known.
    """

    created_at: datetime
    version: str
    dataset: str
    scorecard: str
    grader: str
    repeats: int
    conversations: int
    failed: int
    left_out: int
    models: tuple[str, ...]
    requests: int
    cost_usd: float | None


class Floor(Model):
    """A case that must never be graded below a level. `answers` are those of all repeats, None where there
    is no grade; one of them below the floor breaks it, and so does none at all. `before`: it was broken in
    the older run, too; None where there is none.
    """

    conversation: str
    dimension: str
    floor: LevelValue
    answers: tuple[LevelValue | None, ...]
    broken: bool
    before: bool | None = None
    why: str


class Threshold(Model):
    """Agreement that was asked for, and what it is. `judged` is False where it cannot be said, `unanswered`
    True where it cannot be said on any dimension that it was asked for.
    """

    dimension: str
    figure: str
    asked: float
    found: Estimate
    judged: bool
    missed: bool
    why: str
    unanswered: bool = False


class Reliability(Model):
    """Grades of one dimension by confidence, and the share that agreed with people (within one level on
    ordinal scales).
    """

    dimension: str
    bins: tuple[ReliabilityBin, ...]


class RunReport(Model):
    """One run by itself: how far it agrees with people, its floors, and the thresholds that were asked for.

    `ungraded` is the share of grades that are missing, by dimension.
    """

    source: Source
    agreement: tuple[DimensionAgreement, ...]
    overall: OverallAgreement
    reliability: tuple[Reliability, ...]
    ungraded: dict[str, float]
    floors: tuple[Floor, ...]
    thresholds: tuple[Threshold, ...]
    notes: tuple[str, ...]


class Change(Model):
    """Something about the grading that is not the same in both runs."""

    what: str
    base: tuple[str, ...]
    new: tuple[str, ...]


class LossTest(Model):
    """Whether the distance from people grew, on one dimension or overall, and what chance makes of it.

    Distances are means over `n` conversations, 0 to 1; `change` is the newer minus the older one, above 0 is
    worse. `adjusted` is the p-value that holds for all tests together. `detectable` is the smallest true
    change that this many conversations would show in 4 of 5 tries, None where none would be noticed.
    `nearer` and `farther` count conversations. `wavering` is how far `change` may go by itself: three
    standard errors of the difference of two runs that waver as the repeats of the newer one do, None without
    repeats.
    """

    dimension: str
    n: int
    base: float | None
    new: float | None
    change: float | None
    nearer: int
    farther: int
    p_value: float
    adjusted: float
    worse: bool
    detectable: float | None
    wavering: float | None = None
    note: str | None = None

    @property
    def can_show(self) -> bool:
        """Whether any loss, however large, would have been noticed."""
        return self.detectable is not None

    @property
    def may_be_luck(self) -> bool:
        """Whether repeats of the newer run waver enough for a loss like this one."""
        return self.wavering is not None and self.change is not None and self.change <= self.wavering


class Quote(Model):
    """Words that were said, as redacted, in which turn."""

    turn: int
    speaker: str
    text: str


class Said(Model):
    """What one run said of a conversation on a dimension: the most frequent answer of those compared, and
    why. `answers` are those of all repeats.
    """

    answer: LevelValue | None
    answers: tuple[LevelValue | None, ...]
    why: str | None
    quotes: tuple[Quote, ...]
    confidence: float | None


class Flip(Model):
    """Another answer than before. `people` are their answers, `consensus` what they said together; `effect`
    is None where nobody labelled it. `wavering`: repeats of one run alone gave both answers.
    """

    conversation: str
    dimension: str
    base: Said
    new: Said
    people: tuple[LevelValue, ...]
    consensus: LevelValue | None
    effect: Literal["farther", "nearer", "as far"] | None
    change: float | None
    wavering: bool


class Stability(Model):
    """The share of items whose repeats gave different answers, in either run; None without repeats."""

    dimension: str
    base: float | None
    new: float | None


class Comparison(Model):
    """Two runs over the same conversations. `compared` counts these, `labelled` those with labels among
    them. `base` is the older run by itself.
    """

    base: RunReport
    compared: int
    labelled: int
    alpha: float
    changes: tuple[Change, ...]
    tests: tuple[LossTest, ...]
    stability: tuple[Stability, ...]
    flips: tuple[Flip, ...]
    notes: tuple[str, ...]


class Judgement(Model):
    """All of it. `failures` are reasons to fail, `warnings` what a passing gate does not show; `outcome` is
    `unmeasured` where nothing could have failed, or nothing of what was asked for, because too little was
    measured; the warnings begin with why.
    """

    outcome: Literal["passed", "failed", "unmeasured"]
    failures: tuple[str, ...]
    warnings: tuple[str, ...]
    new: RunReport
    comparison: Comparison | None = None
