"""`qalibrate doctor`."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.output import OUTSIDE_FAILED, FormatOption, console, print_json, printable, say
from service.cli.setup import make_factory
from service.domain.counting import counted

if TYPE_CHECKING:
    from service.domain.finding import Finding
    from service.factory import Factory

_SIGNS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


def doctor(
    ask: Annotated[
        bool, typer.Option(help="Also send one tiny request to the model; it costs some tokens.")
    ] = False,
    output: FormatOption = "table",
) -> None:
    """Examine the installation and say what to do; works beside a running service and changes nothing.

    Exit code 3 when something does not work, 2 when a setting cannot be used.
    """
    factory = make_factory(tells_of_unknown=False)
    findings = asyncio.run(_examined(factory, ask=ask))
    if output == "json":
        print_json({"ok": not _fails(findings), "findings": findings})
    else:
        _print(findings)
    if _fails(findings):
        raise typer.Exit(OUTSIDE_FAILED)


async def _examined(factory: "Factory", *, ask: bool) -> "list[Finding]":
    findings = await factory.doctor()
    if ask:
        findings.append(await factory.ask_model())
    return findings


def _fails(findings: "list[Finding]") -> bool:
    return any(finding.state == "fail" for finding in findings)


def _print(findings: "list[Finding]") -> None:
    out = console()
    for finding in findings:
        out.print(f"{_SIGNS[finding.state]}  {finding.check}: {printable(finding.detail)}", soft_wrap=True)
        if finding.remedy is not None and finding.state != "ok":
            out.print(f"      → {printable(finding.remedy)}", soft_wrap=True)
    warnings, failures = (sum(one.state == state for one in findings) for state in ("warn", "fail"))
    say(f"{counted(len(findings), 'check')}, {counted(warnings, 'warning')}, {counted(failures, 'failure')}")
