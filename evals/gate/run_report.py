"""One run by itself: agreement with people, floors, and the thresholds that were asked for."""

from collections.abc import Iterator

from evals.gate.floors import floors_of
from evals.gate.items import answers_of, is_left_out
from evals.gate.judgement import RunReport, Source
from evals.gate.options import GateOptions
from evals.gate.reliability import reliability_of
from evals.gate.thresholds import thresholds_of
from service.calibration.cases import cases_of
from service.calibration.describe import describe
from service.calibration.overall import overall
from service.domain.labelled import LabelledEvaluation
from service.domain.run import Run, RunConversation


def report_run(run: Run, options: GateOptions, base: Run | None = None) -> RunReport:
    """Return the report of one run. `base` is the older one, which knows floors that were broken before.

    Raises InvalidInput for floors and thresholds that could never be judged.
    """
    evaluations = labelled(run)
    dimensions = list(run.scorecard.scorecard.dimensions)
    whole = overall(run.scorecard.scorecard, evaluations)
    agreement = tuple(describe(one, cases_of(one, evaluations)) for one in dimensions)
    return RunReport(
        source=source_of(run),
        agreement=agreement,
        overall=whole,
        reliability=tuple(reliability_of(dimensions, evaluations)),
        ungraded=_ungraded(run),
        floors=tuple(floors_of(run, base, other_scorecards=options.other_scorecards)),
        thresholds=tuple(thresholds_of(options.least, agreement, whole, run.grader, options.min_n)),
        notes=tuple(_notes(run)),
    )


def source_of(run: Run) -> Source:
    """Return a run in a few words."""
    evaluations = [evaluation for one in run.conversations for evaluation in one.evaluations]
    usage = [e.usage for e in evaluations if e.usage is not None]
    costs = [one.cost_usd for one in usage if one.cost_usd is not None]
    models = {e.provenance.model for e in evaluations if e.provenance and e.provenance.model}
    return Source(
        created_at=run.created_at,
        version=run.version,
        dataset=run.dataset,
        scorecard=f"{run.scorecard.name}@{run.scorecard.revision}",
        grader=run.grader,
        repeats=run.repeats,
        conversations=len(run.conversations),
        failed=sum(_has_failed(one) for one in run.conversations),
        left_out=run.left_out,
        models=tuple(sorted(models)),
        requests=sum(one.requests for one in usage),
        cost_usd=sum(costs) if costs else None,
    )


def _has_failed(one: RunConversation) -> bool:
    return not is_left_out(one) and not any(e.status == "completed" for e in one.evaluations)


def _ungraded(run: Run) -> dict[str, float]:
    """Return the share of answers that are missing, by dimension; none where nothing was tried."""
    tried = [one for one in run.conversations if not is_left_out(one)]
    shares = {}
    for dimension in run.scorecard.scorecard.dimensions:
        answers = [answer for one in tried for answer in answers_of(one, dimension.id).all]
        if answers:
            shares[dimension.id] = answers.count(None) / len(answers)
    return shares


def labelled(run: Run) -> list[LabelledEvaluation]:
    """Return the first repeat of each conversation that was graded, under its conversation's id."""
    return [
        LabelledEvaluation(
            evaluation=one.evaluations[0].model_copy(update={"id": one.id}),
            labels=one.labels,
        )
        for one in run.conversations
        if one.evaluations and one.evaluations[0].status == "completed"
    ]


def _notes(run: Run) -> Iterator[str]:
    if run.repeats > 1:
        yield (
            f"Agreement, confusion and reliability are those of the first of {run.repeats} repeats; floors "
            "use the others too."
        )
    known = {dimension.id for dimension in run.scorecard.scorecard.dimensions}
    if missing := {name for one in run.conversations for name in one.floors} - known:
        listed = ", ".join(sorted(missing))
        yield f"Floors on dimensions that this scorecard does not have are not judged: {listed}."
    if not any(one.labels for one in run.conversations):
        yield "No conversation has labels: nothing is known about agreement with people."
