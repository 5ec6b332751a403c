"""`qalibrate audit`: who did what to whose data."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.output import FormatOption, print_json, print_table, say
from service.cli.setup import open_factory
from service.domain.audit import COMMAND_LINE, AuditAction, AuditFilter, AuditLine
from service.domain.keys import DEFAULT_TENANT

if TYPE_CHECKING:
    from service.factory import Factory

PAGE = 500


def audit(
    tenant: Annotated[str, typer.Option(help="Whose log.")] = DEFAULT_TENANT,
    subject: Annotated[str | None, typer.Option(help="Only of this evaluation, key, scorecard …")] = None,
    action: Annotated[AuditAction | None, typer.Option(help="Only this.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only by this key, `command-line` or `service`.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="How many of the latest; 0 for all there are.")] = 50,
    output: FormatOption = "table",
) -> None:
    """Show who read, exported, overruled, erased or administered what, the latest first."""
    factory = open_factory(tenant=tenant)
    wanted = AuditFilter(subject=subject, action=action, actor=actor)
    lines = _lines(factory, tenant, wanted, limit)
    if output == "json":
        for line in lines:
            print_json(line)
    else:
        rows = [
            (line.id, f"{line.at:%Y-%m-%d %H:%M:%S}", line.actor, line.action, line.subject, _said(line))
            for line in lines
        ]
        print_table(("Line", "At (UTC)", "By", "Did", "To", "Details"), rows)
        if limit and len(rows) == limit:
            say("there may be more; --limit 0 shows all")
    factory.close()


def _lines(factory: "Factory", tenant: str, wanted: AuditFilter, limit: int) -> Iterator[AuditLine]:
    cursor: str | None = None
    left = limit
    while True:
        page = factory.audit.list(tenant, wanted, cursor, min(left, PAGE) if limit else PAGE, COMMAND_LINE)
        yield from page.items
        cursor, left = page.next_cursor, left - len(page.items)
        if cursor is None or (limit and not left):
            return


def _said(line: AuditLine) -> str:
    return " ".join(f"{name}={value}" for name, value in line.details.items())
