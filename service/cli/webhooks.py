"""`qalibrate webhooks …`: for who runs the service; it works on the database directly."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from service.cli.output import FormatOption, complain, console, print_json, print_table, printable, say
from service.cli.setup import open_factory
from service.domain.audit import COMMAND_LINE
from service.domain.keys import DEFAULT_TENANT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.domain.webhook import Delivery
    from service.factory import Factory

MOST_PORTIONS = 200
"""What dies again at once must not be sent again for ever."""

app = typer.Typer(no_args_is_help=True)
TenantOption = Annotated[str, typer.Option(help="Whose webhooks.")]


@app.command()
def secret(
    tenant: TenantOption = DEFAULT_TENANT,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Make a new one; the old one signs beside it for 24 hours.")
    ] = False,
    drop_old: Annotated[
        bool, typer.Option("--drop-old", help="With --rotate: the old one, perhaps stolen, signs no more.")
    ] = False,
    output: FormatOption = "table",
) -> None:
    """Print the secret that signs a tenant's webhooks."""
    if drop_old and not rotate:
        raise typer.BadParameter("it goes with --rotate", param_hint="--drop-old")
    secrets = open_factory(create=True, tenant=tenant).webhook_secrets
    if not rotate:
        found = secrets.show(tenant, COMMAND_LINE)
    elif drop_old:
        found = secrets.rotate(tenant, COMMAND_LINE, old_signs_for=timedelta())
    else:
        found = secrets.rotate(tenant, COMMAND_LINE)
    if output == "json":
        print_json({"tenant": tenant, "secret": found[0], "also_signing": list(found[1:])})
        return
    console().print(found[0], soft_wrap=True)
    if len(found) > 1:
        say(f"{len(found) - 1} earlier sign as well for now")


@app.command("list")
def list_deliveries(
    tenant: TenantOption = DEFAULT_TENANT,
    status: Annotated[
        Literal["pending", "delivered", "dead", "dropped"] | None, typer.Option(help="Only these.")
    ] = None,
    evaluation: Annotated[str | None, typer.Option(help="Only those of this evaluation.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most, newest first.")] = 50,
    output: FormatOption = "table",
) -> None:
    """List webhooks, newest first."""
    _show(_some(open_factory(tenant=tenant), tenant, status, evaluation, limit), output)


@app.command()
def dead(
    tenant: TenantOption = DEFAULT_TENANT,
    limit: Annotated[int, typer.Option(min=1, help="How many at most, newest first.")] = 50,
    output: FormatOption = "table",
) -> None:
    """List webhooks that were given up."""
    _show(_some(open_factory(tenant=tenant), tenant, "dead", None, limit), output)


@app.command()
def resend(
    webhook: Annotated[str | None, typer.Argument(help="The id that `webhooks list` shows.")] = None,
    tenant: TenantOption = DEFAULT_TENANT,
    all_dead: Annotated[bool, typer.Option("--dead", help="All that were given up.")] = False,
) -> None:
    """Send a webhook again, or all that were given up."""
    if (webhook is None) == (not all_dead):
        complain("name one webhook, or give --dead")
        raise typer.Exit(2)
    from service.usecases.webhooks import PORTION

    webhooks = open_factory(tenant=tenant).webhooks
    resent = 0
    if webhook is not None:
        webhooks.resend(tenant, webhook, COMMAND_LINE)
        resent = 1
    else:
        for _ in range(MOST_PORTIONS):
            portion = webhooks.resend_dead(tenant, COMMAND_LINE)
            resent += portion
            if portion < PORTION:
                break
    say(f"{resent} on their way again")


def _some(
    factory: "Factory",
    tenant: str,
    status: Literal["pending", "delivered", "dead", "dropped"] | None,
    evaluation: str | None,
    limit: int,
) -> "Iterator[Delivery]":
    cursor = None
    while limit > 0:
        page = factory.webhooks.list(tenant, status, evaluation, cursor, min(limit, 200))
        yield from page.items
        limit -= len(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def _show(deliveries: "Iterator[Delivery]", output: str) -> None:
    if output == "json":
        for delivery in deliveries:
            print_json(delivery)
        return
    rows = [
        (
            one.id,
            one.event,
            one.evaluation_id,
            one.status,
            one.attempts,
            f"{one.next_attempt_at:%Y-%m-%d %H:%M:%S}" if one.next_attempt_at else "",
            one.last_error.detail if one.last_error else "",
            printable(one.url),
        )
        for one in deliveries
    ]
    columns = ("Id", "Event", "Evaluation", "Status", "Attempts", "Next at", "Last error", "To")
    print_table(columns, rows)
