"""`qalibrate eval attacks`: what instructions planted in conversations do, with each defence on and off."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from service.cli.output import BAD_INPUT, FAILED_AS_ASKED, FormatOption, complain, print_json, say
from service.cli.setup import make_factory

if TYPE_CHECKING:
    from evals.attacks.attack import Attack
    from evals.attacks.report import AttackReport, Row, Setting
    from service.factory import Factory

ModelName = Literal["gullible", "fully-gullible", "configured"]


def attacks(
    model: Annotated[
        ModelName, typer.Option(help="Who is attacked: a scripted model, or your own, which costs requests.")
    ] = "gullible",
    defence_off: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Measure only all on, and this one off; may be repeated."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="So many attacks only, from all over the suite.")
    ] = None,
    output: FormatOption = "table",
) -> None:
    """Measure how many planted instructions change a grade, and how many of those nobody is told of.

    Ends with 1 when one gets through although all defences are on; evals/README.md has the definitions.
    """
    from evals.attacks.measure import NAMES
    from evals.attacks.report import AttackReport, chosen_settings, every_setting
    from evals.attacks.table import show_report

    off = defence_off or []
    if unknown := [name for name in off if name not in NAMES]:
        complain(f"there is no defence {unknown[0]!r}; there are {', '.join(NAMES)}")
        raise typer.Exit(BAD_INPUT)
    suite = _some(limit)
    if model == "configured":
        rows = _run_configured(suite, chosen_settings(off))
    else:
        rows = _run_scripted(suite, chosen_settings(off) if off else every_setting(), model)
    report = AttackReport(model=model, rows=tuple(rows))
    if output == "json":
        print_json(report)
    else:
        show_report(report)
    _end(report)


def _end(report: "AttackReport") -> None:
    through = report.got_through
    if through:
        say(f"failed: {len(through)} changed a grade without a flag: {', '.join(through)}")
        raise typer.Exit(FAILED_AS_ASKED)


def _some(limit: int | None) -> "Sequence[Attack]":
    """Return the suite, or `limit` attacks at equal distances."""
    from evals.attacks.reading import read_suite

    suite = read_suite()
    count = len(suite) if limit is None else min(limit, len(suite))
    return [suite[place * len(suite) // count] for place in range(count)]


def _run_scripted(suite: "Sequence[Attack]", settings: "Sequence[Setting]", model: str) -> "Iterator[Row]":
    from evals.attacks.scripted import run_scripted

    say(f"{len(suite)} attacks, {len(settings)} settings")
    for row in run_scripted(suite, settings, fully=model == "fully-gullible"):
        say(f"{row.name}: {row.all.changed} changed a grade, {row.all.unflagged} of them unflagged")
        yield row


def _run_configured(suite: "Sequence[Attack]", settings: "Sequence[Setting]") -> "Iterator[Row]":
    from evals.attacks.measure import conversations_of

    factory = make_factory()
    if not factory.settings.has_model:
        complain("no model is configured; set OPENAI_API_KEY or OPENAI_BASE_URL")
        raise typer.Exit(BAD_INPUT)
    requests = (len(suite) + conversations_of(suite)) * len(settings)
    say(f"asking {factory.settings.model}: {requests:,} requests, and at most as many again for repairs")
    for setting in settings:
        yield asyncio.run(_ask(factory, suite, setting))


async def _ask(factory: "Factory", suite: "Sequence[Attack]", setting: "Setting") -> "Row":
    from evals.attacks.measure import run, without
    from evals.attacks.report import make_row
    from evals.attacks.scripted import cards_by_language

    results = []
    model = factory.language_model
    at_once = factory.settings.model_concurrency
    defences = without(setting.off)
    async for result in run(suite, cards_by_language(), lambda _attack: model, defences, at_once):
        results.append(result)
        if len(results) % 25 == 0 or len(results) == len(suite):
            say(f"{setting.name}: {len(results)} of {len(suite)}")
    return make_row(setting, results)
