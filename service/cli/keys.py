"""`qalibrate keys …`: they take effect at once, while the service runs."""

from enum import StrEnum
from typing import Annotated

import typer

from service.cli.output import FormatOption, console, print_json, print_table, say
from service.cli.setup import make_factory
from service.domain.keys import DEFAULT_TENANT, SCOPES, Scope

app = typer.Typer(no_args_is_help=True)


class ScopeName(StrEnum):
    """The scopes, in the shape in which the command line takes a list of choices."""

    submit = "submit"
    read = "read"
    review = "review"
    admin = "admin"
    restore = "restore"


@app.command()
def create(
    tenant: Annotated[str, typer.Option(help="Whose conversations the key is for.")] = DEFAULT_TENANT,
    name: Annotated[str, typer.Option(help="What the key is for, so that you know it again.")] = "key",
    scope: Annotated[
        list[ScopeName] | None, typer.Option(help="May be given several times; submit and read if left out.")
    ] = None,
    output: FormatOption = "table",
) -> None:
    """Make a key. Its secret is shown once and kept nowhere."""
    factory = make_factory()
    factory.upgrade_database()
    key, secret = factory.keys.create(
        tenant, name, [_scope(one) for one in scope or (ScopeName.submit, ScopeName.read)]
    )
    if output == "json":
        print_json({"id": key.id, "key": secret, "tenant": key.tenant, "scopes": key.scopes})
    else:
        console().print(secret)
        say(f"id {key.id}, tenant {key.tenant} scopes {', '.join(key.scopes)}; the key is not shown again")


@app.command("list")
def list_keys(output: FormatOption = "table") -> None:
    """List keys, without their secrets."""
    factory = make_factory()
    factory.upgrade_database()
    keys = factory.keys.list()
    if output == "json":
        for key in keys:
            print_json(key)
        return
    rows = [
        (
            k.id,
            k.tenant,
            k.name,
            " ".join(k.scopes),
            _day(k.created_at),
            _day(k.last_used_at),
            _day(k.revoked_at),
        )
        for k in keys
    ]
    print_table(("Id", "Tenant", "Name", "Scopes", "Created", "Last used", "Revoked"), rows)


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(help="The id that `keys list` shows.")]) -> None:
    """Revoke a key for good."""
    factory = make_factory()
    factory.upgrade_database()
    factory.keys.revoke(key_id)
    say(f"key {key_id} is revoked")


def _scope(name: ScopeName) -> Scope:
    return next(scope for scope in SCOPES if scope == name.value)


def _day(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment is not None else ""
