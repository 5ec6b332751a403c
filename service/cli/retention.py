"""`qalibrate retention …`: how long conversations are kept."""

from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.output import FormatOption, print_json, print_table, say
from service.cli.setup import open_factory
from service.domain.audit import COMMAND_LINE
from service.domain.errors import FieldProblem, InvalidInput
from service.domain.keys import DEFAULT_TENANT

if TYPE_CHECKING:
    from service.usecases.retention import Rule

app = typer.Typer(no_args_is_help=True)
TenantOption = Annotated[str, typer.Option(help="Whose conversations.")]


@app.command()
def show(
    tenant: Annotated[str | None, typer.Option(help="Of this tenant; of all if left out.")] = None,
    output: FormatOption = "table",
) -> None:
    """Show how long conversations are kept."""
    factory = open_factory(tenant=tenant)
    rules = factory.retention.rules() if tenant is None else [factory.retention.rule(tenant)]
    factory.close()
    if output == "json":
        for rule in rules:
            print_json(rule)
        return
    rows = [(rule.tenant, _days(rule), "their own" if rule.own else "everybody's") for rule in rules]
    print_table(("Tenant", "Kept for", "Rule"), rows)


@app.command("set")
def put(
    tenant: TenantOption = DEFAULT_TENANT,
    days: Annotated[float | None, typer.Option(help="So many days.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="For ever.")] = False,
    default: Annotated[bool, typer.Option("--default", help="As QALIBRATE_RETENTION_DAYS says.")] = False,
) -> None:
    """Say how long a tenant's conversations are kept. A running worker goes by it within ten minutes."""
    if (days is not None) + keep + default != 1:
        raise InvalidInput([FieldProblem("", "say one of --days N, --keep and --default")])
    factory = open_factory(create=True, tenant=tenant)
    retention = factory.retention
    rule = retention.drop(tenant, COMMAND_LINE) if default else retention.put(tenant, days, COMMAND_LINE)
    factory.close()
    say(f"conversations of {tenant} are kept {_days(rule)}")


@app.command()
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and erase nothing.")] = False,
    output: FormatOption = "table",
) -> None:
    """Erase now what has been kept for long enough; workers do so by themselves."""
    factory = open_factory()
    done = factory.retention.due() if dry_run else factory.retention.run(by=COMMAND_LINE)
    factory.close()
    if output == "json":
        for one in done:
            print_json(one._asdict())
        return
    rows = [(one.tenant, f"{one.before:%Y-%m-%d %H:%M}", f"{one.evaluations:,}") for one in done]
    print_table(("Tenant", "Accepted before (UTC)", "To be erased" if dry_run else "Erased"), rows)


def _days(rule: "Rule") -> str:
    return "for ever" if rule.days is None else f"for {rule.days:g} days"
