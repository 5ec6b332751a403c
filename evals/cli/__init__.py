"""`qalibrate` as it is installed: the service's command line, and `qalibrate eval …` on top of it.

The service may not import what measures it, so the commands meet here. Libraries for measuring are imported
when a command needs them: no other command may start slower for them.
"""

import typer

from evals.cli import attacks, fairness, redaction
from service.cli import app as service_app
from service.cli import main, run

__all__ = ["app", "main", "run"]

app = typer.Typer(no_args_is_help=True)
app.command("redaction")(redaction.redaction)
app.command("fairness")(fairness.fairness)
app.command("attacks")(attacks.attacks)


@app.callback()
def evaluate() -> None:
    """Keep the group a group while it has one command."""


service_app.add_typer(app, name="eval", help="Measure redaction and grading on labelled sets.")
