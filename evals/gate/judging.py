"""Does the gate fail? For a certain loss, a broken floor, or missed agreement that was asked for."""

from evals.gate.comparing import compare
from evals.gate.judgement import Judgement
from evals.gate.options import GateOptions
from evals.gate.run_report import report_run
from evals.gate.sentences import failures_of, gaps_of, warnings_of
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
    gaps = tuple(gaps_of(report, comparison))
    return Judgement(
        outcome="failed" if failures else "unmeasured" if gaps else "passed",
        failures=failures,
        warnings=(*gaps, *warnings_of(report, comparison)),
        new=report,
        comparison=comparison,
    )
