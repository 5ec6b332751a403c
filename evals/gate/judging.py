"""Does the gate fail? For a certain loss, a broken floor, or missed agreement that was asked for."""

from evals.gate.comparing import compare
from evals.gate.judgement import Comparison, Judgement, RunReport
from evals.gate.options import GateOptions
from evals.gate.run_report import report_run
from evals.gate.sentences import failures_of, warnings_of
from service.domain.run import Run


def judged(base: Run | None, new: Run, options: GateOptions) -> Judgement:
    """Return the judgement of a run, against an older one where there is one. Raises InvalidInput where they
    cannot be compared.
    """
    comparison = None
    if base is not None:
        comparison = compare(base, new, options, report_run(base, options))
    report = report_run(new, options, base)
    failures = tuple(failures_of(report, comparison))
    measured = _is_measured(report, comparison, options)
    return Judgement(
        outcome="failed" if failures else "passed" if measured else "unmeasured",
        failures=failures,
        warnings=tuple(warnings_of(report, comparison, measured=measured)),
        new=report,
        comparison=comparison,
    )


def _is_measured(report: RunReport, comparison: Comparison | None, options: GateOptions) -> bool:
    """Whether anything could have failed. One run that nothing was asked of is only reported."""
    checked = bool(report.floors) or any(threshold.judged for threshold in report.thresholds)
    if comparison is not None:
        return checked or bool(comparison.tests)
    return checked or not options.least
