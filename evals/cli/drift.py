"""`qalibrate eval freeze` and `qalibrate eval drift`: the same conversations, graded again later."""

from pathlib import Path
from typing import Annotated

import typer

from evals.cli.compare import RunArgument
from evals.gate.options import AlphaOption
from service.cli.output import BAD_INPUT, FAILED_AS_ASKED, FormatOption, complain, print_json, say
from service.cli.overwriting import refuse_overwriting
from service.domain.errors import FieldProblem, InvalidInput


def freeze(
    run: RunArgument,
    out: Annotated[Path, typer.Option(dir_okay=False, help="Where the labelled set goes (.jsonl).")],
    count: Annotated[int, typer.Option(min=1, help="How many conversations.")] = 150,
    seed: Annotated[int, typer.Option(help="Which ones are drawn.")] = 0,
) -> None:
    """Draw conversations from a run, redacted as they were graded, as a set to be graded again and again.

    Grade it now with `qalibrate eval run` for a base, and later for `qalibrate eval drift`.
    """
    from evals.gate.freezing import frozen_lines
    from evals.gate.reading import read_run

    refuse_overwriting([run], {"--out": out})
    lines = list(frozen_lines(read_run(run), count, seed))
    try:
        out.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    except OSError as error:
        raise InvalidInput([FieldProblem("", f"{out}: {error.strerror}")]) from None
    fewer = f"; {count} were asked for" if len(lines) < count else ""
    say(f"{len(lines)} conversations frozen in {out}{fewer}")


def drift(
    base: RunArgument,
    new: RunArgument,
    alpha: AlphaOption = 0.05,
    output: FormatOption = "table",
) -> None:
    """Tell whether a judge grades the same conversations lower, higher or less often than it used to.

    Exits with 1 when it certainly does, with 2 when the runs cannot be compared, share no grade, or most of
    the base is missing in NEW. No labels are needed.
    """
    from evals.gate.drift import drift_between
    from evals.gate.reading import read_grades
    from evals.gate.reports.drift_table import show_drift

    report = drift_between(read_grades(base), read_grades(new), alpha)
    if output == "json":
        print_json(report)
    else:
        show_drift(report)
    if not report.dimensions:
        complain("nothing was measured: the runs share no conversation with a grade")
        raise typer.Exit(BAD_INPUT)
    if report.is_mostly_missing:
        complain(f"{report.missing} of the {report.tried} conversations of the base are missing in {new}")
        raise typer.Exit(BAD_INPUT)
    if any(one.drifted for one in report.dimensions):
        raise typer.Exit(FAILED_AS_ASKED)
