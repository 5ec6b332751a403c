"""`qalibrate eval compare` and `qalibrate eval report`: is a run worse, and what is one worth?"""

from pathlib import Path
from typing import Annotated

import typer

from evals.gate.options import (
    AlphaOption,
    AnnotationsOption,
    GateOptions,
    HtmlOption,
    JunitOption,
    LeastOption,
    MinNOption,
    OtherDatasetsOption,
    OtherScorecardsOption,
    SummaryOption,
    parse_least,
)
from service.cli.output import FormatOption
from service.cli.overwriting import refuse_overwriting

RunArgument = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="A run file of `qalibrate eval run --out`.")
]


def compare(
    base: RunArgument,
    new: RunArgument,
    alpha: AlphaOption = 0.05,
    min_agreement: LeastOption = None,
    min_n: MinNOption = 30,
    allow_different_scorecards: OtherScorecardsOption = False,
    allow_different_datasets: OtherDatasetsOption = False,
    junit: JunitOption = None,
    summary: SummaryOption = None,
    html: HtmlOption = None,
    annotations: AnnotationsOption = False,
    output: FormatOption = "table",
) -> None:
    """Fail when the grades of NEW are certainly farther from people's than those of BASE, and only then.

    Exits with 1 for a significant loss, a broken floor or missed agreement that was asked for, with 2 when
    the runs cannot be compared or nothing could be measured. evals/README.md says what is tested.
    """
    from evals.gate.command import judge
    from evals.gate.reading import read_grades

    options = GateOptions(
        alpha=alpha,
        least=parse_least(min_agreement),
        min_n=min_n,
        other_scorecards=allow_different_scorecards,
        other_datasets=allow_different_datasets,
        output=output,
        junit=junit,
        summary=summary,
        html=html,
        annotations=annotations,
    )
    refuse_overwriting([base, new], options.files)
    code = judge(read_grades(base), read_grades(new), options)
    if code:
        raise typer.Exit(code)


def report(
    run: RunArgument,
    min_agreement: LeastOption = None,
    min_n: MinNOption = 30,
    junit: JunitOption = None,
    summary: SummaryOption = None,
    html: HtmlOption = None,
    annotations: AnnotationsOption = False,
    output: FormatOption = "table",
) -> None:
    """Show how far one run agrees with people, and whether its floors hold.

    Exits with 1 for a broken floor or missed agreement that was asked for, with 2 when that was asked for
    and nothing of it could be judged.
    """
    from evals.gate.command import judge
    from evals.gate.reading import read_grades

    options = GateOptions(
        least=parse_least(min_agreement),
        min_n=min_n,
        output=output,
        junit=junit,
        summary=summary,
        html=html,
        annotations=annotations,
    )
    refuse_overwriting([run], options.files)
    code = judge(None, read_grades(run), options)
    if code:
        raise typer.Exit(code)
