"""Judge runs and report, for every command that ends in a gate."""

from evals.gate.judgement import Judgement
from evals.gate.judging import judged
from evals.gate.options import GateOptions
from service.cli.output import BAD_INPUT, FAILED_AS_ASKED, FINE, complain, print_json, say
from service.domain.errors import FieldProblem, InvalidInput
from service.domain.run import Run

_CODES = {"passed": FINE, "failed": FAILED_AS_ASKED, "unmeasured": BAD_INPUT}
_FAILURES_SHOWN = 50


def judge(base: Run | None, new: Run, options: GateOptions) -> int:
    """Judge a run, against an older one where there is one, write the reports that were asked for, and return
    the exit code: 0 passed, 1 failed as asked, 2 nothing could be measured.

    Raises InvalidInput for runs that cannot be compared and for files that cannot be written.
    """
    judgement = judged(base, new, options)
    _write(judgement, options)
    if options.output == "json":
        print_json(judgement)
    else:
        from evals.gate.reports.table import show

        show(judgement)
    _tell(judgement)
    return _CODES[judgement.outcome]


def _write(judgement: Judgement, options: GateOptions) -> None:
    try:
        if options.junit is not None:
            from evals.gate.reports.junit import junit

            options.junit.write_text(junit(judgement), "utf-8")
        if options.summary is not None:
            from evals.gate.reports.markdown import markdown

            with options.summary.open("a", encoding="utf-8") as file:
                file.write(markdown(judgement))
        if options.html is not None:
            from evals.gate.reports.html import html

            options.html.write_text(html(judgement), "utf-8")
    except OSError as error:
        raise InvalidInput([FieldProblem("", f"{error.filename}: {error.strerror}")]) from None
    if options.annotations:
        from evals.gate.reports.annotations import annotations

        # Standard output may hold JSON; CI systems read both.
        for line in annotations(judgement):
            say(line)


def _tell(judgement: Judgement) -> None:
    from evals.gate.reports.words import plain

    for sentence in judgement.failures[:_FAILURES_SHOWN]:
        say(f"failed: {plain(sentence)}")
    if len(judgement.failures) > _FAILURES_SHOWN:
        say(f"failed: and {len(judgement.failures) - _FAILURES_SHOWN} more")
    for sentence in judgement.warnings:
        if judgement.outcome == "unmeasured":
            complain(plain(sentence))
        else:
            say(f"note: {plain(sentence)}")
