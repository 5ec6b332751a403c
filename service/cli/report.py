"""`qalibrate report`: means and rates by group, each with what it is worth."""

from datetime import datetime
from typing import Annotated

import typer

from service.cli.output import (
    BAD_INPUT,
    FormatOption,
    complain,
    console,
    print_json,
    print_table,
    printable,
    say,
)
from service.cli.setup import make_factory
from service.domain.grade import GraderName
from service.domain.keys import DEFAULT_TENANT
from service.domain.report import By, Figure, Report

_NAMED = 4
_METHODS = {"corrected": "corrected", "labels_only": "labels only", None: "not known"}


def report(
    scorecard: Annotated[str, typer.Option(help="`name`, its current revision, or `name@3`.")],
    by: Annotated[By, typer.Option(help="What there is a row for.")] = "all",
    dimension: Annotated[
        str | None, typer.Option(help="This dimension in the rows; the score of the card if left out.")
    ] = None,
    grader: Annotated[GraderName | None, typer.Option(help="Whose grades.")] = None,
    since: Annotated[
        datetime | None, typer.Option("--from", help="Conversations begun at this time (UTC) or later.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", help="Conversations begun before this time (UTC).")
    ] = None,
    tenant: Annotated[str, typer.Option(help="Whose evaluations.")] = DEFAULT_TENANT,
    output: FormatOption = "table",
) -> None:
    """Show means by agent, team, call type or period, corrected by people's labels, with 95 % intervals.

    Reads the service's database, also while the service runs. JSON has every dimension for every group.
    """
    from service.usecases.report import ReportRequest

    request = ReportRequest.model_validate(
        {"scorecard": scorecard, "by": by, "grader": grader, "since": since, "until": until}
    )
    made = make_factory().reports.now(tenant, request)
    if dimension is not None and not any(f.dimension == dimension for row in made.rows for f in row.figures):
        complain(f"{made.scorecard.name}@{made.scorecard.revision} has no graded dimension {dimension!r}")
        raise typer.Exit(BAD_INPUT)
    if output == "json":
        print_json(made)
        return
    _show(made, dimension)
    for note in made.notes:
        say(f"note: {note}")


def _show(report: Report, dimension: str | None) -> None:
    title = f"{report.scorecard.name}@{report.scorecard.revision}, grader {report.grader}"
    if not report.rows:
        say(f"nothing was graded yet: {title}")
        return
    first = "Measure" if report.by == "all" else report.by.replace("_", " ").capitalize()
    columns = (first, "Graded", "Labels", "Mean", "95 % interval", "How", "Machine alone")
    named = [(printable(row.group or "–"), figure) for row in report.rows for figure in row.figures]
    if report.by == "all":
        rows = [(_measure(figure), figure) for _, figure in named if dimension in (None, figure.dimension)]
    else:
        several = len({figure.answer for _, figure in named if figure.dimension == dimension}) > 1
        rows = [
            (f"{group}: {figure.answer}" if several else group, figure)
            for group, figure in named
            if figure.dimension == dimension
        ]
        title += f": {dimension or 'score of the card, 0 to 100'}"
    print_table(columns, [(name, *_cells(figure)) for name, figure in rows], title)
    _show_notes(rows)


def _cells(figure: Figure) -> tuple[object, ...]:
    mean = figure.mean
    interval = None if mean.low is None or mean.high is None else f"{mean.low:.2f} to {mean.high:.2f}"
    return (
        figure.graded,
        mean.n,
        None if mean.value is None else f"{mean.value:.2f}",
        interval,
        _METHODS[mean.method],
        None if figure.machine is None else f"{figure.machine:.2f}",
    )


def _measure(figure: Figure) -> str:
    if figure.dimension is None:
        return "score of the card"
    return figure.dimension if figure.answer is None else f"{figure.dimension}: {figure.answer}"


def _show_notes(rows: list[tuple[str, Figure]]) -> None:
    """Say once what figures lack, and whose."""
    about: dict[str, list[str]] = {}
    for name, figure in rows:
        if figure.mean.note:
            about.setdefault(figure.mean.note, []).append(name)
    for note, names in about.items():
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        who = "all" if len(names) == len(rows) else ", ".join(names[:_NAMED]) + more
        console().print(printable(f"  {who}: {note}"), style="dim", soft_wrap=True)
