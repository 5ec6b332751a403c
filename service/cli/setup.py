"""Settings and factory for a command, with the options that a command line may override."""

from pathlib import Path
from typing import Annotated, Any

import typer

from service.factory import Factory
from service.logs import configure_logs
from service.settings import read_settings

PolicyOption = Annotated[
    Path | None,
    typer.Option("--policy", exists=True, dir_okay=False, help="A redaction policy file (YAML)."),
]


def make_factory(**overrides: Any) -> Factory:
    """Return the factory of this command. Raises InvalidSettings; overrides that are None do not count."""
    settings = read_settings().model_copy(update={k: v for k, v in overrides.items() if v is not None})
    configure_logs(settings.log_level, settings.log_format)
    return Factory(settings)
