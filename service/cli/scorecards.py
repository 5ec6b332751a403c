"""`qalibrate scorecard …`."""

from pathlib import Path
from typing import Annotated

import typer
import yaml

from service.cli.grade import scorecards_for
from service.cli.output import BAD_INPUT, FormatOption, console, print_json, print_table, say
from service.cli.setup import open_factory
from service.domain.counting import counted
from service.domain.keys import DEFAULT_TENANT
from service.domain.scorecard import ScorecardRevision
from service.domain.scorecard_file import check_scorecard, read_scorecard

app = typer.Typer(no_args_is_help=True)
FileArgument = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="A scorecard in YAML or JSON.")
]


@app.command()
def check(file: FileArgument, output: FormatOption = "table") -> None:
    """Explain what is wrong with a scorecard file, line by line, and advise on its wording.

    Exits with 2 when there is a mistake; advice alone is fine.
    """
    problems = check_scorecard(file.read_bytes())
    mistakes = [problem for problem in problems if problem.severity == "error"]
    if output == "json":
        for problem in problems:
            print_json(problem)
    else:
        out = console()
        for problem in problems:
            out.print(f"{file}:{problem.line}: {problem.severity}: {problem.message}")
            out.print(f"    {problem.remedy}", style="dim")
        say(f"{counted(len(mistakes), 'mistake')}, {len(problems) - len(mistakes)} pieces of advice")
    if mistakes:
        raise typer.Exit(BAD_INPUT)


@app.command("list")
def list_scorecards(
    tenant: Annotated[str, typer.Option(help="Whose scorecards.")] = DEFAULT_TENANT,
    output: FormatOption = "table",
) -> None:
    """List the scorecards in the database, built-in ones included."""
    factory = open_factory(create=True, tenant=tenant)
    cards = factory.scorecards.list(tenant)
    if output == "json":
        for card in cards:
            content = card.scorecard
            print_json(
                {"name": card.name, "revision": card.revision, "builtin": card.builtin}
                | {"title": content.title, "languages": content.languages}
            )
        return
    rows = [
        (f"{c.name}@{c.revision}", c.scorecard.title, " ".join(c.scorecard.languages), _size(c), _origin(c))
        for c in cards
    ]
    print_table(("Scorecard", "Title", "Languages", "Dimensions", "Origin"), rows)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A built-in scorecard, or a file.")],
    output: FormatOption = "table",
) -> None:
    """Print a scorecard: as YAML to start your own from, or as JSON."""
    card = scorecards_for(name)[0].scorecard.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if output == "json":
        print_json(card)
    else:
        console().print(yaml.safe_dump(card, allow_unicode=True, sort_keys=False, width=100), soft_wrap=True)


@app.command()
def publish(
    file: FileArgument,
    tenant: Annotated[str, typer.Option(help="Whose scorecard.")] = DEFAULT_TENANT,
    output: FormatOption = "table",
) -> None:
    """Publish a scorecard: new content gets the next revision, the same content keeps its own."""
    card = read_scorecard(file.read_bytes())
    factory = open_factory(create=True, tenant=tenant)
    revision, new = factory.scorecards.publish(tenant, card)
    if output == "json":
        print_json({"name": revision.name, "revision": revision.revision, "new": new})
    else:
        say(f"{revision.name}@{revision.revision} is {'new' if new else 'the same content as before'}")


def _size(card: ScorecardRevision) -> int:
    return len(list(card.scorecard.dimensions))


def _origin(card: ScorecardRevision) -> str:
    return "built in" if card.builtin else "own"
