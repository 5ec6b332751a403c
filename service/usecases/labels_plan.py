"""What to label next: a sample of a scorecard's evaluations, with the probability of each."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from service.domain.errors import FieldProblem, InvalidInput
from service.domain.evaluation import Evaluation
from service.domain.grade import GraderName
from service.domain.keys import check_tenant
from service.domain.label_plan import LabelPlan, PlannedConversation, PlannedStratum
from service.domain.labelled import LabelledEvaluation
from service.domain.scorecard import ScorecardRevision
from service.storage.database import Database
from service.storage.transaction import Transaction
from service.usecases.cards import named_scorecard
from service.usecases.labels_sampling import Candidate, Sampling, draw, sampling_of

FAILS, LOW, NOT_APPLICABLE, UNGRADED, REST = STRATA = ("fails", "low_confidence", "na", "ungraded", "rest")
"""The strata; a conversation is in the first one that fits."""

LOW_SHARE = 0.2
"""The share of conversations that counts as of low confidence, by the least sure grade of each."""

MOST_PLANNED = 100_000


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What is wanted: about `count` conversations to label, `core` of them (above 0, up to 1) at random."""

    scorecard: str
    count: int = 60
    core: float = 0.5
    seed: int = 0
    since: datetime | None = None
    grader: GraderName | None = None


class PlanLabels:
    """Draws conversations to label, and keeps what it drew: labels that come in get their probability.

    A plan changes nothing by itself: it counts once its table comes back (see `labels_weighing`).
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self, tenant: str, wanted: PlanRequest) -> tuple[LabelPlan, ScorecardRevision]:
        """Return the plan, and the scorecard's revision: the current one if none is named. The plan is stored
        when it has anything to label.

        Conversations that plans drew before and that have labels do not count against `count`; with the same
        seed they are drawn again. Raises InvalidInput where nothing can be planned, and UnknownScorecard.
        """
        check_tenant(tenant)
        _check(wanted)
        now = datetime.now(UTC)
        with self._database.begin(tenant) as tx:
            card = named_scorecard(tx, wanted.scorecard)
            plan = _plan(card, _population(tx, card, wanted), wanted, now)
            if any(not one.labelled for one in plan.conversations):
                tx.label_plans.add(plan)
        return plan, card


@dataclass(frozen=True, slots=True)
class _One:
    """What a plan has to know of an evaluation."""

    evaluation: str
    conversation: str | None
    agent: str
    confidence: float | None
    kind: str
    labelled: bool
    drawn_before: bool


def _check(wanted: PlanRequest) -> None:
    problems = []
    if not 1 <= wanted.count <= MOST_PLANNED:
        problems.append(FieldProblem("/count", f"it has to be 1 to {MOST_PLANNED:,}"))
    if not 0 < wanted.core <= 1:
        detail = "it has to be above 0 and up to 1: without a random core nothing stands for the rest"
        problems.append(FieldProblem("/core", detail))
    if problems:
        raise InvalidInput(problems)


def _population(tx: Transaction, card: ScorecardRevision, wanted: PlanRequest) -> list[_One]:
    found = tx.labels.labelled_evaluations(
        card.name, wanted.grader, wanted.since, revision=card.revision, readable=True
    )
    drawn = {c if c is not None else e for c, e in tx.label_plans.drawn_for(card.name)}
    population = [_of(one, drawn) for one in found]
    if not population:
        by = f" by the grader {wanted.grader!r}" if wanted.grader else ""
        when = f" since {wanted.since:%Y-%m-%d %H:%M}" if wanted.since else ""
        none = f"there is no completed evaluation on {card.name}@{card.revision}{by}{when}"
        older = f", or name an older revision, such as {card.name}@{card.revision - 1}"
        detail = f"{none}; grade conversations first{older if card.revision > 1 else ''}"
        raise InvalidInput([FieldProblem("/scorecard", detail)])
    return population


def _of(one: LabelledEvaluation, drawn: Collection[str]) -> _One:
    evaluation = one.evaluation
    return _One(
        evaluation=evaluation.id,
        conversation=evaluation.external_id,
        agent=evaluation.agent.id if evaluation.agent else "",
        confidence=_least_confidence(evaluation),
        kind=_kind(evaluation),
        labelled=bool(one.labels),
        drawn_before=bool(one.labels) and (evaluation.external_id or evaluation.id) in drawn,
    )


def _least_confidence(evaluation: Evaluation) -> float | None:
    """Return the confidence of the least sure grade, before any calibration; None where none was measured."""
    measured = [
        grade.confidence if grade.raw_confidence is None else grade.raw_confidence
        for grade in evaluation.grades
    ]
    return min((confidence for confidence in measured if confidence is not None), default=None)


def _kind(evaluation: Evaluation) -> str:
    """Return the stratum as far as one evaluation by itself tells."""
    outcomes = {grade.outcome for grade in evaluation.grades}
    if evaluation.score is not None and evaluation.score.passed is False:
        return FAILS
    if "not_applicable" in outcomes:
        return NOT_APPLICABLE
    return UNGRADED if "ungraded" in outcomes else REST


def _plan(
    card: ScorecardRevision, population: Sequence[_One], wanted: PlanRequest, now: datetime
) -> LabelPlan:
    low = _low_bound([one.confidence for one in population if one.confidence is not None])
    candidates = [_candidate(one, low) for one in population]
    cells = Counter((one.agent, one.stratum) for one in candidates)
    counted = sum(one.drawn_before for one in population)
    sampling = sampling_of(cells, wanted.count + counted, wanted.core, frozenset({REST}))
    drawn = draw(candidates, sampling, wanted.seed)
    pairs = zip(population, candidates, strict=True)
    chosen = [_planned(one, of, sampling) for one, of in pairs if of.key in drawn]
    kept = sum(one.drawn_before for one, of in zip(population, candidates, strict=True) if of.key in drawn)
    return LabelPlan(
        id=uuid.uuid4().hex,
        scorecard=card.name,
        created_at=now,
        seed=wanted.seed,
        since=wanted.since,
        revision=card.revision,
        grader=wanted.grader,
        population=len(population),
        core=sum(sampling.core.values()),
        strata=_strata(candidates, sampling),
        notes=(*_notes(wanted, sampling, cells, chosen), *_lost(counted, kept)),
        conversations=tuple(chosen),
    )


def _low_bound(confidences: Sequence[float]) -> float | None:
    """Return the confidence up to which it is low; None where all are alike or none was measured.

    As many as `LOW_SHARE` are that low, fewer where many are alike; at least those at the bottom.
    """
    ordered = sorted(confidences)
    if not ordered or ordered[0] == ordered[-1]:
        return None
    next_one = ordered[int(LOW_SHARE * len(ordered))]
    return max((one for one in ordered if one < next_one), default=ordered[0])


def _candidate(one: _One, low: float | None) -> Candidate:
    unsure = low is not None and one.confidence is not None and one.confidence <= low
    stratum = LOW if unsure and one.kind != FAILS else one.kind
    # The mark tells an external_id from an evaluation's id.
    key = f"={one.conversation}" if one.conversation is not None else f":{one.evaluation}"
    return Candidate(key, one.agent, stratum)


def _planned(one: _One, of: Candidate, sampling: Sampling) -> PlannedConversation:
    return PlannedConversation(
        evaluation=one.evaluation,
        conversation=one.conversation,
        agent=one.agent or None,
        stratum=of.stratum,
        probability=sampling.probability(of.agent, of.stratum),
        labelled=one.labelled,
    )


def _strata(candidates: Iterable[Candidate], sampling: Sampling) -> tuple[PlannedStratum, ...]:
    sizes = Counter(one.stratum for one in candidates)
    return tuple(
        PlannedStratum(name=name, population=sizes[name], drawn=sampling.extra.get(name, 0))
        for name in STRATA
        if sizes[name]
    )


def _notes(
    wanted: PlanRequest,
    sampling: Sampling,
    cells: Counter[tuple[str, str]],
    chosen: Sequence[PlannedConversation],
) -> Iterable[str]:
    agents = len({agent for agent, _ in cells})
    labelled = sum(one.labelled for one in chosen)
    if len(sampling.agents) < agents:
        yield f"{agents} agents do not fit into {wanted.count} conversations: some have none; raise the count"
    if len(chosen) - labelled < wanted.count and len(chosen) == sum(cells.values()):
        yield f"there are only {len(chosen)} conversations, {labelled} of them labelled: all are in the plan"
    elif labelled == len(chosen):
        yield "all that was drawn has labels already: raise the count; nothing was stored"
    elif labelled:
        yield f"{labelled} conversations of the sample have labels already; they count and are not listed"


def _lost(counted: int, kept: int) -> Iterable[str]:
    if kept < counted:
        lost = f"{counted - kept} labelled conversations of earlier plans are not in this sample"
        yield f"{lost}, as with another seed: once it is filled in they have no probability any more"
