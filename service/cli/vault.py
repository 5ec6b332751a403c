"""`qalibrate vault …`: for who runs the service; it works on the database directly."""

from typing import Annotated

import typer

from service.cli.output import FormatOption, console, print_json, print_table, say
from service.cli.setup import open_factory
from service.domain.audit import COMMAND_LINE
from service.domain.keys import DEFAULT_TENANT

app = typer.Typer(no_args_is_help=True)
EvaluationArgument = Annotated[str, typer.Argument(help="The id of the evaluation.")]
TenantOption = Annotated[str, typer.Option(help="Whose evaluation.")]


@app.command()
def show(
    evaluation: EvaluationArgument, tenant: TenantOption = DEFAULT_TENANT, output: FormatOption = "table"
) -> None:
    """Show what the placeholders of an evaluation stood for; it leaves a line in the log."""
    content = open_factory(tenant=tenant).vault.open(tenant, evaluation, COMMAND_LINE)
    if output == "json":
        print_json(content)
        return
    rows = [(name, text) for name, texts in content.placeholders.items() for text in texts]
    print_table(("Placeholder", "Stood for"), rows)
    say(f"kept until {content.expires_at:%Y-%m-%d %H:%M} UTC")


@app.command()
def forget(evaluation: EvaluationArgument, tenant: TenantOption = DEFAULT_TENANT) -> None:
    """Drop what the placeholders of an evaluation stood for, for good."""
    open_factory(tenant=tenant).vault.forget(tenant, evaluation, COMMAND_LINE)
    say(f"the vault of {evaluation} is gone")


@app.command()
def purge(output: FormatOption = "table") -> None:
    """Drop what has expired; the worker does so by itself now and then."""
    purged = open_factory().vault.purge()
    if output == "json":
        print_json({"purged": purged})
    else:
        say(f"{purged} expired")


@app.command()
def key() -> None:
    """Print a new key for QALIBRATE_VAULT_KEY. Who loses it loses what it sealed."""
    from service.usecases.seal import new_key

    console().print(new_key())
