"""`qalibrate keys …`: they take effect at once, while the service runs."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from service.cli.output import FormatOption, console, print_json, print_table, printable, say
from service.cli.setup import open_factory
from service.domain.keys import DEFAULT_TENANT, SCOPES, ApiKey, Scope

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
    expires_days: Annotated[
        float | None, typer.Option(min=0.0, max=36_500, help="After so many days it works no more.")
    ] = None,
    rate_limit: Annotated[
        int | None,
        typer.Option(min=0, help="Requests per minute, 0 for any number; else QALIBRATE_RATE_LIMIT counts."),
    ] = None,
    output: FormatOption = "table",
) -> None:
    """Make a key. Its secret is shown once and kept nowhere."""
    factory = open_factory(create=True)
    key, secret = factory.keys.create(
        tenant,
        name,
        [_scope(one) for one in scope or (ScopeName.submit, ScopeName.read)],
        expires_at=None if expires_days is None else datetime.now(UTC) + timedelta(days=expires_days),
        rate_limit=rate_limit,
    )
    _show_secret(key, secret, output)


@app.command()
def rotate(
    key_id: Annotated[str, typer.Argument(help="The id that `keys list` shows.")],
    grace_hours: Annotated[
        float, typer.Option(min=0.0, help="How long the secret that it has now works beside the new one.")
    ] = 24,
    output: FormatOption = "table",
) -> None:
    """Give a key another secret. It is shown once; any secret before the present one works no more."""
    factory = open_factory()
    key, secret = factory.keys.rotate(key_id, timedelta(hours=grace_hours))
    _show_secret(key, secret, output)


@app.command("list")
def list_keys(output: FormatOption = "table") -> None:
    """List keys, without their secrets."""
    factory = open_factory()
    keys, now = factory.keys.list(), datetime.now(UTC)
    if output == "json":
        for key in keys:
            print_json(key.model_dump() | {"status": key.status(now)})
        return
    rows = [
        (k.id, k.tenant, printable(k.name), " ".join(k.scopes), _standing(k, now), _minute(k.last_used_at))
        for k in keys
    ]
    print_table(("Id", "Tenant", "Name", "Scopes", "Status", "Last used"), rows)


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(help="The id that `keys list` shows.")]) -> None:
    """Revoke a key for good."""
    factory = open_factory()
    factory.keys.revoke(key_id)
    say(f"key {key_id} is revoked")


def _scope(name: ScopeName) -> Scope:
    return next(scope for scope in SCOPES if scope == name.value)


def _show_secret(key: ApiKey, secret: str, output: str) -> None:
    if output == "json":
        extra = {"expires_at": key.expires_at, "rate_limit": key.rate_limit}
        extra["previous_until"] = key.previous_until
        given = {name: value for name, value in extra.items() if value is not None}
        print_json({"id": key.id, "key": secret, "tenant": key.tenant, "scopes": key.scopes} | given)
        return
    console().print(secret)
    say(f"id {key.id}, tenant {key.tenant}, scopes {', '.join(key.scopes)}; the key is not shown again")
    if key.previous_until is not None:
        say(f"the secret before works until {_minute(key.previous_until)} UTC")


def _standing(key: ApiKey, now: datetime) -> str:
    """Return a key's status in words, a fact a line: what it is, since or until when."""
    status = key.status(now)
    if status == "revoked":
        return f"revoked {_minute(key.revoked_at)}"
    if status == "expired":
        return f"expired {_minute(key.expires_at)}"
    said = ["active"]
    if status == "rotating":
        said.append(f"old secret until {_minute(key.previous_until)}")
    if key.expires_at is not None:
        said.append(f"expires {_minute(key.expires_at)}")
    if key.rate_limit is not None:
        said.append(f"{key.rate_limit} a minute" if key.rate_limit else "no rate limit")
    return "\n".join(said)


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment is not None else ""
