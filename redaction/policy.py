"""What happens to each kind of personal data: a file that a team writes, and its version."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from redaction import kinds

Action = Literal["placeholder", "mask", "keep", "drop"]
Phrase = Annotated[str, Field(min_length=1, max_length=200)]


class PolicyError(ValueError):
    """A policy file that cannot be used; the message names the file and every bad key."""


class Policy(BaseModel):
    """How personal data is treated.

    ``entities`` maps an entity type to an action; what is not named gets a placeholder. ``placeholder`` puts
    a numbered token, ``mask`` a block for every character, ``drop`` nothing, ``keep`` leaves the text alone.
    ``allow`` are phrases that are never redacted, ``deny`` phrases that always are; neither minds case.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="default", min_length=1, max_length=100)
    entities: dict[str, Action] = Field(default_factory=dict)
    keep_agent_names: bool = False
    allow: tuple[Phrase, ...] = Field(default=(), max_length=10_000)
    deny: tuple[Phrase, ...] = Field(default=(), max_length=10_000)

    @field_validator("entities")
    @classmethod
    def _known_types(cls, entities: dict[str, Action]) -> dict[str, Action]:
        unknown = sorted(set(entities) - kinds.ALL)
        if unknown:
            raise ValueError(
                f"unknown entity types: {', '.join(unknown)}; known are {', '.join(sorted(kinds.ALL))}"
            )
        return entities

    @field_validator("allow", "deny")
    @classmethod
    def _not_blank(cls, phrases: tuple[str, ...]) -> tuple[str, ...]:
        if any(not phrase.strip() for phrase in phrases):
            raise ValueError("a phrase may not be blank")
        return tuple(phrase.strip() for phrase in phrases)

    @classmethod
    def from_yaml(cls, text: str, source: str = "policy") -> "Policy":
        """The policy written in ``text``; ``source`` names it in errors. Raises ``PolicyError``."""
        try:
            data = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise PolicyError(f"{source}: not YAML: {error}") from error
        if data is None:
            data = {}
        if not isinstance(data, dict):
            raise PolicyError(f"{source}: a policy is a mapping, not a {type(data).__name__}")
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise PolicyError(f"{source}: {_explain(error)}") from error

    @classmethod
    def from_file(cls, path: str | Path) -> "Policy":
        """The policy in a YAML file. Raises ``PolicyError``, also when the file cannot be read."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PolicyError(f"{path}: cannot be read: {error}") from error
        return cls.from_yaml(text, source=str(path))

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that change when, and only when, the content does."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(content.encode()).hexdigest()[:12]

    def action(self, kind: str) -> Action:
        """What is done with an entity type."""
        return self.entities.get(kind, "placeholder")


def _explain(error: ValidationError) -> str:
    problems = []
    for item in error.errors(include_url=False, include_context=False):
        key = ".".join(str(part) for part in item["loc"])
        reason = "unknown key" if item["type"] == "extra_forbidden" else item["msg"]
        problems.append(f"{key}: {reason}")
    return "; ".join(problems)
