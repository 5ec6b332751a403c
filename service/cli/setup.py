"""Settings and factory for a command, with the options that a command line may override."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from service.cli.output import printable, say
from service.domain.keys import DEFAULT_TENANT

if TYPE_CHECKING:
    from service.factory import Factory

PathsArgument = Annotated[
    list[str], typer.Argument(help="Files (.json .jsonl .txt .vtt .srt), or - for stdin.")
]
ScorecardOption = Annotated[
    str | None,
    typer.Option(help="A built-in scorecard or a YAML file; the best fitting one if left out."),
]
GraderOption = Annotated[Literal["llm", "signals"] | None, typer.Option(help="Which grader.")]
PolicyOption = Annotated[
    Path | None,
    typer.Option("--policy", exists=True, dir_okay=False, help="A redaction policy file (YAML)."),
]


def processes_for(paths: Sequence[str]) -> int | None:
    """Return 0 for a single conversation: starting a process for it would take longer than redacting it."""
    single = len(paths) == 1 and Path(paths[0]).suffix in {".json", ".txt", ".vtt", ".srt"}
    return 0 if single else None


def make_factory(*, tells_of_unknown: bool = True, **overrides: Any) -> "Factory":
    """Return the factory of this command; overrides that are None do not count. Variables that nobody knows
    are warned of, with `tells_of_unknown` false only where others cannot be used. Raises InvalidSettings.
    """
    # Imported here: the factory knows everything, and `--help` needs none of it.
    from redaction import PolicyError
    from service.factory import Factory
    from service.logs import configure_logs
    from service.settings import InvalidSettings, read_settings, unknown_variables

    try:
        settings = read_settings().model_copy(update={k: v for k, v in overrides.items() if v is not None})
    except InvalidSettings:
        # A misspelt name is often why.
        tells_of_unknown = True
        raise
    finally:
        for sentence in unknown_variables() if tells_of_unknown else ():
            say(f"warning: {sentence}")
    configure_logs(settings.log_level, settings.log_format)
    try:
        return Factory(settings)
    except PolicyError as error:
        if overrides.get("policy") is not None:
            raise
        raise InvalidSettings(f"QALIBRATE_POLICY: {error}") from None


def open_factory(*, create: bool = False, tenant: str | None = None) -> "Factory":
    """Return the factory of a command that works on the database, which has to be of this version; `create`
    makes one where there is none. A `tenant` that has no key is warned of: it may be misspelt.

    Raises InvalidSettings, DatabaseAway.
    """
    factory = make_factory()
    factory.check_database(create=create)
    if tenant is not None and tenant != DEFAULT_TENANT:
        tenants = {key.tenant for key in factory.keys.list()}
        if tenant not in tenants:
            near = get_close_matches(tenant, tenants, n=1)
            question = f"; did you mean {near[0]!r}?" if near else ""
            say(printable(f"warning: no key belongs to tenant {tenant!r}{question}"))
    return factory
