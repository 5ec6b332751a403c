"""A run in figures: what was graded and why the rest was not, cost, stability, and agreement with people."""

from collections import Counter
from collections.abc import Iterator, Sequence

from evals.gate.run_report import labelled
from service.domain.agreement import DimensionAgreement, Estimate
from service.domain.base import Model
from service.domain.evaluation import Evaluation
from service.domain.grade import Grade
from service.domain.run import Run, RunConversation
from service.domain.scorecard import Dimension


class DimensionSummary(Model):
    """One dimension over all repeats: how often each outcome, and why there was no grade.

    `unstable` is the share of conversations that got another level or outcome in another repeat; None where
    each was graded once. `agreement` is None where nobody labelled the dimension.
    """

    dimension: str
    graded: int
    not_applicable: int
    ungraded: dict[str, int]
    unstable: Estimate | None
    agreement: DimensionAgreement | None


class RunSummary(Model):
    """A run in figures. `cost_usd` is None where the price of a request is not known.

    `failed` counts conversations of which a repeat has no result, with the reasons in `failures`; `unusable`
    those that could not be read or graded at all. `unstable` is over all dimensions.
    """

    dataset: str
    scorecard: str
    grader: str
    repeats: int
    conversations: int
    completed: int
    failed: int
    unusable: int
    left_out: int
    failures: dict[str, int]
    requests: int
    tokens: int
    cost_usd: float | None
    unstable: Estimate | None
    dimensions: tuple[DimensionSummary, ...]


def summarize(run: Run) -> RunSummary:
    """Return the figures of a run."""
    evaluations = [evaluation for one in run.conversations for evaluation in one.evaluations]
    usages = [evaluation.usage for evaluation in evaluations if evaluation.usage is not None]
    costs = [usage.cost_usd for usage in usages if usage.requests]
    known = [cost for cost in costs if cost is not None]
    dimensions = tuple(run.scorecard.scorecard.dimensions)
    failed = [one for one in run.conversations if _has_failed(one)]
    unusable = sum(one.problem is not None for one in run.conversations)
    return RunSummary(
        dataset=run.dataset,
        scorecard=f"{run.scorecard.name}@{run.scorecard.revision}",
        grader=run.grader,
        repeats=run.repeats,
        conversations=len(run.conversations),
        completed=len(run.conversations) - len(failed) - unusable - run.left_out,
        failed=len(failed),
        unusable=unusable,
        left_out=run.left_out,
        failures=dict(Counter(_reason(evaluation) for evaluation in evaluations if evaluation.error)),
        requests=sum(usage.requests for usage in usages),
        tokens=sum(usage.prompt_tokens + usage.completion_tokens for usage in usages),
        cost_usd=sum(known) if len(known) == len(costs) else None,
        unstable=_unstable_overall(run, dimensions),
        dimensions=tuple(_dimension(run, dimension, evaluations) for dimension in dimensions),
    )


def _has_failed(one: RunConversation) -> bool:
    return any(evaluation.status != "completed" for evaluation in one.evaluations)


def _reason(evaluation: Evaluation) -> str:
    return evaluation.error.type if evaluation.error else ""


def _dimension(run: Run, dimension: Dimension, evaluations: Sequence[Evaluation]) -> DimensionSummary:
    grades = [
        grade for evaluation in evaluations for grade in evaluation.grades if grade.dimension == dimension.id
    ]
    outcomes = Counter(grade.outcome for grade in grades)
    reasons = Counter(grade.ungraded_reason or "" for grade in grades if grade.outcome == "ungraded")
    return DimensionSummary(
        dimension=dimension.id,
        graded=outcomes["graded"],
        not_applicable=outcomes["not_applicable"],
        ungraded=dict(reasons.most_common()),
        unstable=_unstable(run, dimension) if run.repeats > 1 else None,
        agreement=_agreement(run, dimension),
    )


def _agreement(run: Run, dimension: Dimension) -> DimensionAgreement | None:
    if not any(label.dimension == dimension.id for one in run.conversations for label in one.labels):
        return None
    # Imported here: statistics take their time, and a run without labels needs none.
    from service.calibration.cases import cases_of
    from service.calibration.describe import describe

    return describe(dimension, cases_of(dimension, labelled(run)))


def _unstable(run: Run, dimension: Dimension) -> Estimate:
    """Return the share of conversations that wavered."""
    wavered = [w for one in run.conversations if (w := wavers(one, dimension)) is not None]
    return _share(sum(wavered), len(wavered), len(wavered))


def _unstable_overall(run: Run, dimensions: Sequence[Dimension]) -> Estimate | None:
    """Return the share over all dimensions."""
    if run.repeats < 2:
        return None
    rows = [row for one in run.conversations if (row := _row(one, dimensions))[1]]
    return _share(sum(row[0] for row in rows), sum(row[1] for row in rows), len(rows))


def _share(wavered: int, answers: int, conversations: int) -> Estimate:
    """Return a share with Wilson's interval for as many answers as there are conversations: answers of one
    conversation waver together.
    """
    if not answers:
        return Estimate(value=None, n=0, note="no conversation was graded twice")
    # Imported here: statistics take their time, and most runs have no repeats.
    from service.calibration.intervals import wilson_of_share

    low, high = wilson_of_share(wavered / answers, conversations)
    return Estimate(value=wavered / answers, low=max(low, 0.0), high=min(high, 1.0), n=answers)


def _row(one: RunConversation, dimensions: Sequence[Dimension]) -> tuple[int, int]:
    wavered = [w for dimension in dimensions if (w := wavers(one, dimension)) is not None]
    return sum(wavered), len(wavered)


def wavers(one: RunConversation, dimension: Dimension) -> bool | None:
    """Whether repeats gave a conversation different levels or outcomes on a dimension; None where fewer than
    two have a result.
    """
    grades = list(_grades(one, dimension))
    if len(grades) < 2:
        return None
    return len({(grade.outcome, grade.level) for grade in grades}) > 1


def _grades(one: RunConversation, dimension: Dimension) -> Iterator[Grade]:
    for evaluation in one.evaluations:
        if evaluation.status == "completed":
            yield from (grade for grade in evaluation.grades if grade.dimension == dimension.id)
