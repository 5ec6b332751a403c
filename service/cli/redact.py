"""`qalibrate redact`: what would be sent, without sending it."""

import asyncio
from typing import TYPE_CHECKING

import typer

from service.cli.inputs import Item, read_items
from service.cli.output import BAD_INPUT, FormatOption, complain, console, print_json
from service.cli.parallel import Counter, in_order
from service.cli.setup import PathsArgument, PolicyOption, make_factory, processes_for
from service.domain.errors import InvalidInput

if TYPE_CHECKING:
    from service.factory import Factory
    from service.usecases.redact import RedactionResult


def redact(
    paths: PathsArgument,
    policy: PolicyOption = None,
    output: FormatOption = "table",
) -> None:
    """Take personal data out of conversations and show what is left."""
    factory = make_factory(policy=policy, redaction_processes=processes_for(paths))
    try:
        bad = asyncio.run(_redact_all(factory, paths, as_json=output == "json"))
    finally:
        factory.close()
    if bad:
        raise typer.Exit(BAD_INPUT)


async def _redact_all(factory: "Factory", paths: list[str], *, as_json: bool) -> int:
    async def one(item: Item) -> "RedactionResult | InvalidInput":
        if isinstance(item.conversation, InvalidInput):
            return item.conversation
        try:
            return (await factory.redact(item.conversation)).result
        except InvalidInput as error:
            return error

    bad = 0
    with Counter("redacted") as counter:
        async for item, result in in_order(one, read_items(paths), 4 * factory.settings.processes):
            counter.advance()
            if isinstance(result, InvalidInput):
                bad += 1
                complain(f"{item.where}: {result.detail}")
            elif as_json:
                print_json(result.model_copy(update={"id": item.id}))
            else:
                _show(item.id, result)
    return bad


def _show(name: str, result: "RedactionResult") -> None:
    out = console()
    out.print(f"{name} ({result.language}, {len(result.entities)} taken out)", style="bold")
    for number, turn in enumerate(result.turns):
        out.print(f"{number:>4} {turn.speaker:<9}{turn.text}")
    out.print()
