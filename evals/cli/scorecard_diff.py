"""`qalibrate scorecard diff`: what changed between two scorecards, and what that does to grades."""

from pathlib import Path
from typing import Annotated

import typer

from service.cli.grade import scorecards_for
from service.cli.output import BAD_INPUT, FormatOption, complain, print_json
from service.cli.setup import make_factory
from service.domain.errors import UnknownScorecard
from service.domain.keys import DEFAULT_TENANT
from service.domain.scorecard import ScorecardRevision

CardArgument = Annotated[
    str, typer.Argument(help="A file, a built-in scorecard, or a published one: name or name@3.")
]


def diff(
    old: CardArgument,
    new: CardArgument,
    labels: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="A run file of `qalibrate eval run --out` on either scorecard, or one of each.",
        ),
    ] = None,
    tenant: Annotated[str, typer.Option(help="Whose published scorecards.")] = DEFAULT_TENANT,
    output: FormatOption = "table",
) -> None:
    """Show what changed between two scorecards and, with runs, which answers and verdicts flip.

    A run of one scorecard is enough where only weights, points or the pass mark changed: its answers are
    counted again. A run of each shows which answers flip, and whether they are farther from people's. Exits
    with 2 when there are runs and no conversation could be scored under both scorecards.
    """
    from evals.gate.card_diff import card_diff
    from evals.gate.reading import read_grades
    from evals.gate.reports.card_table import show_card_diff

    runs = [read_grades(path) for path in labels or ()]
    found = card_diff(_card(old, tenant), _card(new, tenant), runs)
    if output == "json":
        print_json(found)
    else:
        show_card_diff(found)
    if found.scores is not None and not found.scores.scored:
        complain("no conversation could be scored under both scorecards")
        raise typer.Exit(BAD_INPUT)


def _card(reference: str, tenant: str) -> ScorecardRevision:
    """Return a scorecard from a file, the built-in ones or the database. Raises InvalidInput, NotFound."""
    from service.usecases.cards import split_reference

    try:
        return scorecards_for(reference)[0]
    except UnknownScorecard:
        factory = make_factory()
        factory.upgrade_database()
        return factory.scorecards.get(tenant, *split_reference(reference))
