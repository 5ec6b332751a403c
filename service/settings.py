"""Everything that can be set, read from environment variables (and nothing else)."""

import os
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

Role = Literal["all", "api", "worker"]
"""What a process does: take requests, work off jobs, or both."""

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

_PLAIN_BASE64 = str.maketrans("-_", "+/")


class InvalidSettings(Exception):
    """One or more environment variables hold values that cannot be used; the message names them."""


class Settings(BaseSettings):
    """The settings of one process. A field is the variable `QALIBRATE_<FIELD>` unless it says otherwise."""

    # Compose files and charts pass on empty what nobody has set.
    model_config = SettingsConfigDict(
        env_prefix="QALIBRATE_", extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    database_url: str = "sqlite:///qalibrate.db"
    """`sqlite:///file.db` or `postgresql://user:password@host:port/name`, as written."""

    grader: Literal["auto", "llm", "signals"] = "auto"
    """`auto` is `llm` when OPENAI_API_KEY or OPENAI_BASE_URL is set, else `signals`."""

    model: str = "gpt-5.5"
    openai_api_key: Annotated[SecretStr | None, Field(validation_alias="OPENAI_API_KEY")] = None
    openai_base_url: Annotated[str | None, Field(validation_alias="OPENAI_BASE_URL")] = None
    model_timeout_s: Positive = 60
    """One request to the model."""

    evaluation_timeout_s: Positive = 300
    """All the work of one evaluation, waiting in the queue aside."""

    max_prompt_tokens: Annotated[int, Field(gt=0)] = 120_000
    model_concurrency: Annotated[int, Field(gt=0)] = 32
    """Requests to the model in flight in one process."""

    model_requests_per_minute: Annotated[int | None, Field(gt=0)] = None
    model_tokens_per_minute: Annotated[int | None, Field(gt=0)] = None
    """What one process asks of the model at most, prompts and answers together; None is no limit."""

    prices: Path | None = None
    """A file with what models cost (YAML); without one no cost is known."""

    concurrency: Annotated[int, Field(gt=0)] = 64
    """Evaluations in flight in one worker process."""

    dead_after_s: Positive = 30
    """A worker that gave no sign of life for so long is dead, and others take over its jobs."""

    grace_s: Positive = 20
    """When a process is told to end, it goes on for so long with what is under way; the rest is handed back.
    """

    model_away_hours: Positive = 24
    """An evaluation waits so long for a model that is away or refuses our key, before it fails."""

    redaction_processes: Annotated[int, Field(ge=0)] = Field(default_factory=lambda: os.cpu_count() or 1)
    """Processes that redact; 0 redacts in the service's own process."""

    redaction_timeout_s: Positive = 60
    """Redacting one conversation."""

    policy: Path | None = None
    """A redaction policy file, or a folder with `default.yaml` and `<tenant>.yaml`; the built-in policy when
    absent.
    """

    presidio_config: Path | None = None
    """Presidio's analyzer configuration file of an engine that takes part in redaction; none when absent."""

    vault_key: SecretStr | None = None
    """Turns the vault on. One or more keys, separated by commas: the first one seals, every one opens."""

    vault_days: Annotated[float, Field(gt=0, le=36_500)] = 30
    """How long what a placeholder stands for can be restored."""

    secret_key: SecretStr | None = None
    """Seals what has to wait on disk and the secrets of webhooks. One or more keys, separated by commas: the
    first one seals, every one opens.
    """

    redact: Literal["submission", "worker"] = "submission"
    """When personal data is taken out: before a request is answered, or by the worker that grades it; raw
    text waits sealed with QALIBRATE_SECRET_KEY until then.
    """

    webhook_secret: SecretStr | None = None
    """Signs the webhooks of the default tenant: `whsec_` and base64 of 24 to 64 bytes. Several, separated by
    commas, all sign.
    """

    max_queued: Annotated[int, Field(gt=0)] = 100_000
    """When so many evaluations wait to be graded, submissions are refused with a 429."""

    min_free_disk_mb: Annotated[float, Field(ge=0)] = 200
    """When the disk that holds the SQLite file has less left, submissions are refused with a 429."""

    allow_private_callbacks: bool = False
    """Whether webhooks may go to private, loopback and link-local addresses."""

    rate_limit: Annotated[int, Field(ge=0)] = 600
    """Requests per minute and key; 0 is no limit."""

    trusted_proxies: str = ""
    """Addresses or networks, separated by commas, whose X-Forwarded-For tells where a request comes from;
    empty believes nobody's.
    """

    review_days: Annotated[float, Field(gt=0, le=3650)] = 5
    """How long a review may take before it is overdue."""

    appeal_days: Annotated[float, Field(gt=0, le=3650)] = 14
    """How long after it was graded an evaluation may be appealed against."""

    appeal_decide_days: Annotated[float, Field(gt=0, le=3650)] = 7
    """How long deciding an appeal may take before it is overdue."""

    max_appeals: Annotated[int, Field(gt=0)] = 2
    """Appeals against one dimension of one evaluation."""

    retention_days: Annotated[float | None, Field(gt=0, le=36_500)] = None
    """Evaluations older than this are erased, unless their tenant says otherwise; None keeps them."""

    max_body_bytes: Annotated[int, Field(gt=0)] = 8 * 1024 * 1024

    otel_endpoint: Annotated[str | None, Field(validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")] = None
    otel_traces_endpoint: Annotated[
        str | None, Field(validation_alias="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    ] = None
    """Where traces are sent, over OTLP/HTTP; the exporter reads these and their relatives by itself."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = Field(
        default="json", validation_alias=AliasChoices("QALIBRATE_LOG_FORMAT", "log_format")
    )

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if not url.startswith(("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")):
            raise ValueError("must start with sqlite:/// or postgresql://")
        _check_port(url)
        return url

    @field_validator("policy", "prices", "presidio_config")
    @classmethod
    def _can_be_read(cls, path: Path | None, field: ValidationInfo) -> Path | None:
        what = "file or folder" if field.field_name == "policy" else "file"
        if path is not None and not path.exists():
            raise ValueError(f"there is no {what} {path}")
        if path is not None and not os.access(path, os.R_OK):
            raise ValueError(f"{path} may not be read by the user that runs this")
        return path

    @field_validator("vault_key", "secret_key")
    @classmethod
    def _keys_open(cls, given: SecretStr | None) -> SecretStr | None:
        # Imported here: few who start a command have a vault.
        from cryptography.fernet import Fernet

        for position, key in enumerate(_split(given), 1):
            try:
                Fernet(key)
                # Decoding skips what is no base64: a mistyped key would pass as another one.
                plain = key.translate(_PLAIN_BASE64)
                if b64encode(b64decode(plain)).decode() != plain:
                    raise ValueError(position)
            except ValueError:
                problem = f"key number {position} is not one; `qalibrate vault key` makes one"
                raise ValueError(problem) from None
        return given

    @field_validator("webhook_secret")
    @classmethod
    def _signs(cls, given: SecretStr | None) -> SecretStr | None:
        if not all(_is_webhook_secret(secret) for secret in _split(given)):
            shape = "`whsec_` and base64 of 24 to 64 bytes"
            raise ValueError(f"is not {shape}, as `qalibrate webhooks secret` prints it")
        return given

    @field_validator("openai_base_url", "otel_endpoint", "otel_traces_endpoint")
    @classmethod
    def _is_http(cls, url: str | None) -> str | None:
        if url is not None and not re.match(r"https?://[^/]", url):
            raise ValueError("must start with http:// or https:// and name a host")
        if url is not None:
            _check_port(url)
        return url

    @field_validator(
        "openai_api_key",
        "openai_base_url",
        "vault_key",
        "secret_key",
        "webhook_secret",
        "retention_days",
        "model_requests_per_minute",
        "model_tokens_per_minute",
        "prices",
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _llm_has_an_endpoint(self) -> "Settings":
        if self.grader == "llm" and not self.has_model:
            raise ValueError("QALIBRATE_GRADER=llm needs OPENAI_API_KEY or OPENAI_BASE_URL")
        return self

    @model_validator(mode="after")
    def _waiting_text_is_sealed(self) -> "Settings":
        if self.redact == "worker" and self.secret_key is None:
            raise ValueError(
                "QALIBRATE_REDACT=worker needs QALIBRATE_SECRET_KEY; `qalibrate vault key` makes one"
            )
        return self

    @property
    def processes(self) -> int:
        """How many conversations can be redacted at the same moment."""
        return max(self.redaction_processes, 1)

    @property
    def vault_keys(self) -> list[str]:
        """The keys of the vault, the one that seals first; none when the vault is off."""
        return _split(self.vault_key)

    @property
    def secret_keys(self) -> list[str]:
        """The keys that seal what waits on disk, the one that seals first; none when there is no key."""
        return _split(self.secret_key)

    @property
    def webhook_secrets(self) -> list[str]:
        """What signs the default tenant's webhooks, the current one first; none when stored ones do."""
        return _split(self.webhook_secret)

    @property
    def traces(self) -> bool:
        """Whether there is somewhere to send traces to."""
        return bool(self.otel_endpoint or self.otel_traces_endpoint)

    @property
    def has_model(self) -> bool:
        """Whether a language model is configured."""
        return bool(self.openai_api_key or self.openai_base_url)

    @property
    def default_grader(self) -> Literal["llm", "signals"]:
        """The grader of requests that name none."""
        if self.grader != "auto":
            return self.grader
        return "llm" if self.has_model else "signals"


def _is_webhook_secret(text: str) -> bool:
    try:
        key = b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError:
        return False
    return text.startswith("whsec_") and 24 <= len(key) <= 64


def _split(keys: SecretStr | None) -> list[str]:
    return [key.strip() for key in keys.get_secret_value().split(",")] if keys else []


def read_settings() -> Settings:
    """Return the settings of this process.

    Raises InvalidSettings naming every variable that cannot be used.
    """
    if os.environ.get("QALIBRATE_DATABASE_URL") == "":
        # Nobody who names a database wants a file beside the program instead.
        raise InvalidSettings("QALIBRATE_DATABASE_URL: is empty; leave it out for sqlite:///qalibrate.db")
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"{_variable(problem['loc'])}{_sentence(problem)}" for problem in error.errors()]
        raise InvalidSettings("\n".join(lines)) from None


def unknown_variables() -> list[str]:
    """Return a sentence about each variable of the environment that looks like one of ours and is none."""
    known = {f"QALIBRATE_{name}" for name in map(str.upper, Settings.model_fields)}
    known = {name for name in known if not name.startswith(("QALIBRATE_OPENAI", "QALIBRATE_OTEL"))}
    known |= {"QALIBRATE_KEY", "QALIBRATE_DATA", "QALIBRATE_ENGINE_LOG_LEVEL"}
    unknown = (name for name in sorted(set(os.environ) - known) if name.startswith("QALIBRATE_"))
    return [f"{name} is not known; {_instead(name, known)}" for name in unknown]


def _instead(name: str, known: set[str]) -> str:
    if name in _OPTIONS:
        return f"it is the option --{name.removeprefix('QALIBRATE_').lower()} of `qalibrate serve`"
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else "it changes nothing"


def _check_port(url: str) -> None:
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise ValueError("is not a URL: what stands after the host's colon is no port") from None


def _sentence(problem: "ErrorDetails") -> str:
    """Return what is wrong in words of this page rather than of a parser; secrets are not repeated."""
    own = problem["msg"].removeprefix("Value error, ")
    if own != problem["msg"]:
        return own
    allowed = _allowed(problem)
    given = problem["input"]
    return f"{given!r} is not {allowed}" if isinstance(given, str | int | float) else f"is not {allowed}"


def _allowed(problem: "ErrorDetails") -> str:
    """Return what the field takes, such as `a whole number above 0`."""
    field = _field(str(problem["loc"][0]))
    kinds = [kind for kind in get_args(field.annotation) if kind is not type(None)]
    kind = kinds[0] if kinds and get_origin(field.annotation) is not Literal else field.annotation
    if get_origin(kind) is Literal:
        return f"one of {', '.join(map(str, get_args(kind)))}"
    named = [f"{_BOUND_WORDS[name]} {value}" for name, value in _bounds(field)]
    return " ".join((_KIND_WORDS.get(kind, "a value that can be used"), " and ".join(named))).strip()


def _bounds(field: "FieldInfo") -> Iterator[tuple[str, object]]:
    for limit in field.metadata:
        for name in _BOUND_WORDS:
            value = getattr(limit, name, None)
            if value is not None:
                yield name, value


def _field(name: str) -> "FieldInfo":
    """Return the field of a name or of the variable that it is read from."""
    by_variable = {str(field.validation_alias): field for field in Settings.model_fields.values()}
    by_variable["QALIBRATE_LOG_FORMAT"] = Settings.model_fields["log_format"]
    return Settings.model_fields.get(name) or by_variable[name]


_OPTIONS = ("QALIBRATE_PORT", "QALIBRATE_HOST", "QALIBRATE_ROLE")
_KIND_WORDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
    str: "text",
}
_BOUND_WORDS = {"gt": "above", "ge": "of at least", "lt": "below", "le": "up to"}


def _variable(location: tuple[int | str, ...]) -> str:
    """Return the start of a sentence about the variable, nothing when a problem is about several."""
    if not location:
        return ""
    name = str(location[0])
    return f"{name if name.isupper() else f'QALIBRATE_{name.upper()}'}: "
