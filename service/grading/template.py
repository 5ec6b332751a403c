"""Prompt templates: Markdown files whose front matter declares an id, a version and the variables.

Unknown keys, undeclared variables and missing ones raise, so that a prompt never goes out with a hole in it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, cast

import yaml
from jinja2 import Environment, StrictUndefined, Template, TemplateError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from service.grading.fence import one_line

_KEYS = {"id", "version", "variables"}


class BadTemplate(Exception):
    """A prompt template, or what it was given, does not fit its own declaration."""


@dataclass(frozen=True)
class PromptTemplate:
    """A template whose named blocks (`system`, `user`) are rendered from exactly the declared variables;
    `uses` says which of them a block depends on.
    """

    id: str
    version: int
    variables: frozenset[str]
    sha256: str
    uses: Mapping[str, frozenset[str]]
    _template: Template

    @classmethod
    def parse(cls, source: str) -> "PromptTemplate":
        """Return the template written in `source`. Raises BadTemplate."""
        head, body = _split(source)
        declared = frozenset(head["variables"])
        environment = _environment()
        try:
            tree = environment.parse(body)
            used = meta.find_undeclared_variables(tree)
            template = environment.from_string(body)
        except TemplateError as error:
            raise BadTemplate(f"{head['id']}: {error}") from error
        if used != declared:
            raise BadTemplate(f"{head['id']}: declared {sorted(declared)}, used {sorted(used)}")
        digest = hashlib.sha256(source.encode()).hexdigest()
        uses = {block.name: _used_in(block, environment) for block in tree.find_all(nodes.Block)}
        return cls(str(head["id"]), int(head["version"]), declared, digest, uses, template)

    @property
    def reference(self) -> str:
        """Id, version and 12 hexadecimal digits of the content's SHA-256: ``grade@1:0123456789ab``."""
        return f"{self.id}@{self.version}:{self.sha256[:12]}"

    def render(self, block: str, **variables: Any) -> str:
        """Return one block as text, without the line breaks around it. Raises BadTemplate."""
        if variables.keys() != self.variables:
            raise BadTemplate(f"{self.id}: expected {sorted(self.variables)}, got {sorted(variables)}")
        if block not in self._template.blocks:
            raise BadTemplate(f"{self.id}: there is no block {block!r}")
        context = self._template.new_context(variables)
        try:
            return "".join(self._template.blocks[block](context)).strip("\n")
        except TemplateError as error:
            raise BadTemplate(f"{self.id}: {error}") from error


def load_template(name: str) -> PromptTemplate:
    """Return the template `prompts/<name>.md`. Raises BadTemplate."""
    return PromptTemplate.parse(resources.files("prompts").joinpath(f"{name}.md").read_text(encoding="utf-8"))


def _split(source: str) -> tuple[dict[str, Any], str]:
    parts = source.split("---\n", 2)
    if len(parts) != 3 or parts[0]:
        raise BadTemplate("a template begins with front matter between two lines of three dashes")
    head = yaml.safe_load(parts[1])
    if not isinstance(head, dict) or head.keys() != _KEYS:
        raise BadTemplate(f"the front matter holds exactly {sorted(_KEYS)}")
    return head, parts[2]


def _used_in(block: nodes.Block, environment: Environment) -> frozenset[str]:
    alone = nodes.Template(block.body, lineno=block.lineno).set_environment(environment)
    return frozenset(meta.find_undeclared_variables(cast("nodes.Template", alone)))


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)
    environment.filters["one_line"] = one_line
    return environment
