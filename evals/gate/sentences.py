"""Findings in words, the same wherever they are shown."""

from collections.abc import Iterator

from evals.gate.judgement import OVERALL, Comparison, Floor, LossTest, RunReport
from evals.gate.worse import fewest


def failures_of(report: RunReport, comparison: Comparison | None) -> Iterator[str]:
    """Yield each reason to fail: certain losses, broken floors, missed thresholds."""
    for test in comparison.tests if comparison else ():
        if test.worse:
            yield f"grading got worse {loss_sentence(test)}"
    yield from (floor_sentence(floor) for floor in report.floors if floor.broken)
    for threshold in report.thresholds:
        if threshold.missed:
            yield f"{threshold.dimension}: {threshold.why}"


def loss_sentence(test: LossTest) -> str:
    """Return what a test found."""
    where = "over all dimensions" if test.dimension == OVERALL else f"on {test.dimension}"
    return (
        f"{where}: distance from people went from {test.base:.3f} to {test.new:.3f} ({test.change:+.3f}) "
        f"over {test.n} conversations, {test.farther} farther and {test.nearer} nearer; "
        f"p = {test.adjusted:.3g} for all tests together"
    )


def floor_sentence(floor: Floor) -> str:
    """Return what became of a floor."""
    before = "; so it was in the base run" if floor.before and floor.broken else ""
    return f"{floor.conversation}: {floor.dimension} {floor.why}{before}"


def gaps_of(report: RunReport, comparison: Comparison | None) -> Iterator[str]:
    """Yield why a run that did not fail has not passed either: what could not have failed. One run that
    nothing was asked of is only reported.
    """
    if open_ := [threshold for threshold in report.thresholds if threshold.unanswered]:
        listed = ", ".join(dict.fromkeys(f"{one.figure} of at least {one.asked:g}" for one in open_))
        yield f"agreement that was asked for could not be judged, so that nothing could miss it: {listed}"
    if comparison is not None and not _is_checked(report) and not any(t.can_show for t in comparison.tests):
        yield _nothing_could_show(comparison)


def _is_checked(report: RunReport) -> bool:
    """Whether the run could have failed by itself."""
    return bool(report.floors) or any(threshold.judged for threshold in report.thresholds)


def warnings_of(report: RunReport, comparison: Comparison | None) -> Iterator[str]:
    """Yield what a gate that passes does not show."""
    if comparison is not None:
        yield from _lucky_base(report, comparison)
    yield from (f"{t.dimension}: {t.why}" for t in report.thresholds if not t.judged)
    if report.source.failed:
        yield f"{report.source.failed} of {report.source.conversations} conversations could not be graded"
    if report.source.left_out:
        yield f"a limit left {report.source.left_out} conversations ungraded"
    if _is_checked(report):
        yield from (test.note for test in (comparison.tests[:1] if comparison else ()) if test.note)


def _lucky_base(report: RunReport, comparison: Comparison) -> Iterator[str]:
    """Yield that a loss may be the base's luck: one that drew well by chance fails innocent runs again and
    again. Repeats do not tell the two apart, another base does.
    """
    failing = [test for test in comparison.tests if test.worse]
    # What asks no model gives the same answers each time.
    if not failing or not report.source.models:
        return
    remedy = "grade the base's build anew and compare with that: a base seldom draws well twice"
    if report.source.repeats == 1:
        if comparison.base.source.repeats == 1:
            yield f"neither run has repeats, and the base may have drawn well by chance; {remedy}"
        return
    if close := [test for test in failing if test.may_be_luck]:
        listed = ", ".join(f"{t.dimension} ({t.change:.3f} of {t.wavering:.3f})" for t in close)
        yield (
            "the loss is within what repeats of the newer run waver (three standard errors): "
            f"{listed}; the base may have drawn well by chance; {remedy}"
        )


def _nothing_could_show(comparison: Comparison) -> str:
    if comparison.tests:
        return (
            f"this set could not have shown any loss: at least {fewest(comparison.alpha)} labelled "
            f"conversations that both runs tried are needed, it has {comparison.labelled}"
        )
    return (
        "nothing was measured: no conversation that both runs tried has labels and a grade, and there are no "
        "floors; this gate would pass whatever happened"
    )
