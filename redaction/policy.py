"""What happens to each kind of personal data: a file that a team writes, and its version."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from redaction import kinds
from redaction.languages import SUPPORTED
from redaction.policy_file import PolicyError, PolicySource, read_policy_file, what_is_expected

__all__ = ["EVERY_KIND", "Action", "LanguageRules", "Policy", "PolicyError"]

Action = Literal["placeholder", "mask", "keep", "drop"]

EVERY_KIND = "*"
"""Stands for all entity types that are not named, ``kinds.DIGITS`` and ``kinds.DENIED`` excepted."""

_MOST_PROBLEMS = 20


def _known_kind(name: str) -> str:
    if name != EVERY_KIND and name not in kinds.ALL:
        raise ValueError(f"there is no such entity type{_nearest(name, kinds.ALL)}")
    return name


def _known_language(name: str) -> str:
    if name not in SUPPORTED:
        raise ValueError(f"there are no rules for this language; there are for {', '.join(SUPPORTED)}")
    return name


def _stripped(phrase: str) -> str:
    if not phrase.strip():
        raise ValueError("a phrase may not be blank")
    return phrase.strip()


Kind = Annotated[str, AfterValidator(_known_kind)]
Language = Annotated[str, AfterValidator(_known_language)]
Phrase = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_stripped)]
Phrases = Annotated[tuple[Phrase, ...], Field(max_length=10_000)]


class LanguageRules(BaseModel):
    """What one language does differently; what it does not name is as in the rest of the policy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entities: dict[Kind, Action] = Field(default_factory=dict)


class Policy(BaseModel):
    """How personal data is treated.

    ``entities`` maps an entity type to an action; what is not named does what ``"*"`` says, and without that
    gets a placeholder. ``placeholder`` puts a numbered token, ``mask`` a block for every character, ``drop``
    nothing, ``keep`` leaves the text alone. ``languages`` overrides this for conversations in one language.
    ``allow`` are phrases and numbers that are never redacted, ``deny`` phrases that always are, also where a
    name or phrase around them is kept; neither minds case. Numbers in ``allow`` are compared by their digits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="default", min_length=1, max_length=100)
    entities: dict[Kind, Action] = Field(default_factory=dict)
    languages: dict[Language, LanguageRules] = Field(default_factory=dict)
    keep_agent_names: bool = False
    allow: Phrases = ()
    deny: Phrases = ()

    @classmethod
    def from_yaml(cls, text: str, source: str = "policy") -> "Policy":
        """The policy written in ``text``; ``source`` names it in errors. Raises ``PolicyError``."""
        content = read_policy_file(text, source)
        try:
            return cls.model_validate(content.data)
        except ValidationError as error:
            raise PolicyError("\n".join(_problems(error, content))) from error

    @classmethod
    def from_file(cls, path: str | Path) -> "Policy":
        """The policy in a YAML file. Raises ``PolicyError``, also when the file cannot be read."""
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise PolicyError(f"{path}: cannot be read: {error}") from error
        return cls.from_yaml(text, source=str(path))

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that change when, and only when, the content does."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(content.encode()).hexdigest()[:12]

    def action(self, kind: str, language: str | None = None) -> Action:
        """What is done with an entity type in a conversation in ``language``.

        A language's own rules come first. ``"*"`` turns off neither the safety net nor the deny-list.
        """
        layers: list[Mapping[str, Action]] = [self.entities]
        if language in self.languages:
            layers.insert(0, self.languages[language].entities)
        for entities in layers:
            if kind in entities:
                return entities[kind]
            if EVERY_KIND in entities and kind not in (kinds.DIGITS, kinds.DENIED):
                return entities[EVERY_KIND]
        return "placeholder"


def _nearest(name: object, known: Iterable[str]) -> str:
    """The end of a sentence that suggests the known name closest to a mistyped one."""
    folded = {key.casefold(): key for key in known}
    near = get_close_matches(str(name).casefold(), folded, n=1)
    return f"; did you mean {folded[near[0]]}?" if near else ""


def _problems(error: ValidationError, content: PolicySource) -> list[str]:
    items = [(_path(item), item) for item in error.errors(include_url=False)]
    items.sort(key=lambda found: content.line(found[0]))
    lines = [_problem(path, item, content) for path, item in items[:_MOST_PROBLEMS]]
    more = len(items) - len(lines)
    return [*lines, f"{content.name}: and {more} more"] if more else lines


def _path(item: Any) -> tuple[str | int, ...]:
    return tuple(part for part in item["loc"] if part != "[key]")


def _problem(path: tuple[str | int, ...], item: Any, content: PolicySource) -> str:
    key = ".".join(str(part) for part in path)
    return f"{content.name}: line {content.line(path)}: {key}: {_reason(item, path)}"


def _reason(item: Any, path: tuple[str | int, ...]) -> str:
    if item["type"] == "extra_forbidden":
        fields = LanguageRules.model_fields if path[0] == "languages" else Policy.model_fields
        return f"unknown key{_nearest(path[-1], fields)}"
    if item["type"] == "literal_error":
        actions = get_args(Action)
        near = _nearest(item["input"], actions)
        return f"{item['input']!r:.60} is no action; actions are {', '.join(actions)}{near}"
    return what_is_expected(item)
