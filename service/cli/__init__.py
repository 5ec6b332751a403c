"""The command line: `qalibrate …`. Exit codes: 0 fine, 1 a grade failed as asked, 2 bad input, 3 outside.

Commands import what they work with when they are called: `qalibrate --help` waits for nobody's database,
redaction or statistics.
"""

import os
import sys

import typer

from service.cli import (
    audit,
    calibrate,
    database,
    demo,
    doctor,
    explain,
    grade,
    keys,
    labels,
    openapi,
    redact,
    report,
    retention,
    scorecards,
    serve,
    vault,
    webhooks,
)
from service.cli.output import BAD_INPUT, FINE, OUTSIDE_FAILED, OutputClosed, complain
from service.domain.errors import DatabaseAway, InvalidInput, QalibrateError, Unavailable

app = typer.Typer(
    name="qalibrate",
    help="Grades customer conversations and proves each grade.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(scorecards.app, name="scorecard", help="Check, list, show and publish scorecards.")
app.add_typer(keys.app, name="keys", help="Make, list, rotate and revoke API keys.")
app.add_typer(labels.app, name="labels", help="Bring in people's labels, plan what to label next.")
app.add_typer(retention.app, name="retention", help="How long conversations are kept.")
app.add_typer(vault.app, name="vault", help="What placeholders stood for.")
app.add_typer(webhooks.app, name="webhooks", help="What signs webhooks, what became of them.")
app.add_typer(database.app, name="db", help="The database.")
commands = (
    serve.serve,
    serve.worker,
    demo.demo,
    doctor.doctor,
    grade.grade,
    explain.explain,
    redact.redact,
    calibrate.calibrate,
    report.report,
    audit.audit,
    openapi.openapi,
)
for command in commands:
    app.command()(command)


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; errors that we know become a sentence."""
    try:
        app(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except InvalidInput as error:
        for problem in error.problems:
            complain(f"{problem.pointer or 'input'}: {problem.detail}")
    except Unavailable as error:
        complain(_away(error))
        return OUTSIDE_FAILED
    except QalibrateError as error:
        complain(error.detail)
    except _wrong_settings() as error:
        for line in str(error).splitlines():
            complain(line)
    except OutputClosed:
        # Whoever read our output has had enough (`| head`); that is no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except Exception as error:
        if os.environ.get("QALIBRATE_LOG_LEVEL", "").lower() == "debug":
            raise
        complain(
            f"this should not have happened ({type(error).__name__}); QALIBRATE_LOG_LEVEL=debug shows more"
        )
        return OUTSIDE_FAILED
    return BAD_INPUT


def _away(error: Unavailable) -> str:
    """Return what is away, and why where that is known."""
    if not isinstance(error, DatabaseAway):
        return error.detail
    from service.storage.database import reason_of

    reason = reason_of(error)
    return f"{reason}; see QALIBRATE_DATABASE_URL, and run `qalibrate doctor`" if reason else error.detail


def _wrong_settings() -> tuple[type[Exception], ...]:
    from redaction import PluginError, PolicyError
    from service.settings import InvalidSettings

    return InvalidSettings, PluginError, PolicyError
