"""Findings in words, the same wherever they are shown."""

from collections.abc import Iterator

from evals.gate.judgement import OVERALL, Comparison, Floor, LossTest, RunReport


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


def warnings_of(report: RunReport, comparison: Comparison | None, *, measured: bool) -> Iterator[str]:
    """Yield what a gate that passes does not show."""
    if not measured:
        yield _nothing(comparison)
    if comparison is not None:
        yield from _lucky_base(report, comparison)
    yield from (f"{t.dimension}: {t.why}" for t in report.thresholds if not t.judged)
    if report.source.failed:
        yield f"{report.source.failed} of {report.source.conversations} conversations could not be graded"
    if report.source.left_out:
        yield f"a limit left {report.source.left_out} conversations ungraded"
    yield from (test.note for test in (comparison.tests[:1] if comparison else ()) if test.note)


def _lucky_base(report: RunReport, comparison: Comparison) -> Iterator[str]:
    """Yield what speaks for a base that drew well by chance: every later run would lose against it."""
    failing = [test for test in comparison.tests if test.worse]
    if not failing or comparison.base.source.repeats > 1 or not report.source.models:
        return
    remedy = "--repeats 3 for the base and for newer runs makes that rare"
    if report.source.repeats == 1:
        yield (
            "neither run has repeats, so that nothing is known about how the model wavers; a base that drew "
            f"well by chance fails one innocent run after another; {remedy}"
        )
        return
    close = [test for test in failing if test.wavering is not None and (test.change or 0.0) <= test.wavering]
    if close:
        listed = ", ".join(f"{t.dimension} ({t.change:.3f} of {t.wavering:.3f})" for t in close)
        yield (
            "the base has no repeats, and the loss is within what repeats of the newer run waver (three "
            f"standard errors): {listed}; the base may have drawn well by chance; {remedy}"
        )


def _nothing(comparison: Comparison | None) -> str:
    if comparison is None:
        return "nothing was judged: no threshold had enough labels, and there are no floors"
    return (
        "nothing was measured: no conversation that both runs tried has labels and a grade, and there are no "
        "floors; this gate would pass whatever happened"
    )
