"""`qalibrate` as it is installed: the service's command line, and `qalibrate eval …` on top of it.

The service may not import what measures it, so the commands meet here. Libraries for measuring are imported
when a command needs them: no other command may start slower for them.
"""

import typer

from evals.cli import attacks, compare, drift, fairness, redaction, runs, scorecard_diff
from service.cli import app as service_app
from service.cli import main, run, scorecards

__all__ = ["app", "main", "run"]

app = typer.Typer(no_args_is_help=True)
app.command("redaction")(redaction.redaction)
app.command("fairness")(fairness.fairness)
app.command("attacks")(attacks.attacks)
app.command("run")(runs.run)
app.command("export")(runs.export)
app.command("compare")(compare.compare)
app.command("report")(compare.report)
app.command("freeze")(drift.freeze)
app.command("drift")(drift.drift)


@app.callback()
def evaluate() -> None:
    """Keep the group a group while it has one command."""


service_app.add_typer(app, name="eval", help="Measure redaction and grading on labelled sets.")
scorecards.app.command("diff")(scorecard_diff.diff)
