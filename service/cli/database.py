"""`qalibrate db …`."""

import typer

from service.cli.output import say
from service.cli.setup import make_factory

app = typer.Typer(no_args_is_help=True)


@app.callback()
def db() -> None:
    """Keep the group a group while it has one command."""


@app.command()
def upgrade() -> None:
    """Bring the database to the schema of this version; safe to repeat."""
    factory = make_factory()
    before = factory.upgrade_database()
    factory.close()
    if before.theirs == before.ours:
        say(f"the database is up to date ({before.ours})")
    else:
        say(f"the database is up to date: {before.theirs or 'empty'} → {before.ours}")
