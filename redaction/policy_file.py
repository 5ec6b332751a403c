"""The YAML of a policy file as plain data that remembers the line of every key.

Every plain value is read as text: a hotline's number in the allow-list needs no quotes and keeps its zeros.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

_LONGEST = 2_000_000
_DEEPEST = 8
_MOST_VALUES = 50_000
_NOTHING = ("", "~", "null")
_SHOWN = 60

Path = tuple[str | int, ...]


class PolicyError(ValueError):
    """A policy file that cannot be used; the message names the file, and line and key of what is wrong."""


@dataclass(slots=True)
class PolicySource:
    """What a policy file says: ``data`` to validate, and the ``lines`` on which keys and values stand."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line, counted from 1, of the key or value at ``path`` or of the nearest thing around it."""
        return next(
            (self.lines[path[:size]] for size in range(len(path), -1, -1) if path[:size] in self.lines), 1
        )


def read_policy_file(text: str, name: str) -> PolicySource:
    """The content of a policy file; ``name`` stands for it in errors.

    Raises ``PolicyError`` when it is no YAML, no mapping, or has a key twice.
    """
    if len(text) > _LONGEST:
        raise PolicyError(f"{name}: longer than {_LONGEST:,} characters")
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise PolicyError(f"{name}: {_syntax(error)}") from error
    source = PolicySource(name)
    if root is None or (isinstance(root, yaml.ScalarNode) and _is_nothing(root)):
        return source
    if not isinstance(root, yaml.MappingNode):
        raise PolicyError(f"{name}: line 1: a policy is a mapping of keys such as entities: and allow:")
    source.data = _Reader(source).read(root, ())
    return source


def what_is_expected(problem: Mapping[str, Any]) -> str:
    """What should stand where pydantic found this problem, in the words of who writes the file."""
    bounds = problem.get("ctx", {})
    match problem["type"]:
        case "tuple_type":
            return f"has to be a list, such as [{_quoted(problem['input'])}]"
        case "too_long":
            return f"has more than {bounds['max_length']:,} items"
        case "dict_type" | "model_type":
            return "has to be a mapping of keys to values, one `key: value` a line"
        case "bool_type" | "bool_parsing":
            return "has to be true or false"
        case "string_type":
            return "has to be a text, not a list or a mapping"
        case "string_too_short":
            return "may not be empty"
        case "string_too_long":
            return f"longer than {bounds['max_length']} characters"
    return str(problem["msg"]).removeprefix("Value error, ")


def _quoted(value: object) -> str:
    is_phrase = isinstance(value, str) and 0 < len(value.strip()) <= _SHOWN
    return json.dumps(value, ensure_ascii=False) if is_phrase else '"…"'


def _syntax(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    if "scanning an alias" in str(error):
        problem = 'a word after * is an alias; the key for all other entity types is "*", in quotes'
    return f"line {mark.line + 1}: not YAML: {problem}" if mark else f"not YAML: {problem}"


def _is_nothing(node: yaml.ScalarNode) -> bool:
    return node.style is None and node.value in _NOTHING


class _Reader:
    """Turns yaml's nodes into dictionaries, lists and strings; bounded, whatever aliases unfold into."""

    def __init__(self, source: PolicySource) -> None:
        self._source = source
        self._values = 0

    def read(self, node: yaml.Node, path: Path, line: int = 0) -> Any:
        """The value of ``node``; ``line`` is that of its key."""
        self._values += 1
        line = line or node.start_mark.line + 1
        if self._values > _MOST_VALUES or len(path) > _DEEPEST:
            raise PolicyError(f"{self._source.name}: line {line}: too many values, or nested too deep")
        self._source.lines[path] = line
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        return node.value

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise PolicyError(f"{self._source.name}: line {line}: a key is a list or a mapping")
            if key.value in seen:
                raise PolicyError(
                    f"{self._source.name}: line {line}: {'.'.join(map(str, (*path, key.value)))}: "
                    f"this key is on line {seen[key.value]} already"
                )
            seen[key.value] = line
            # A key with nothing behind it, such as a list whose items are commented out, says nothing.
            if not (isinstance(value, yaml.ScalarNode) and _is_nothing(value)):
                found[key.value] = self.read(value, (*path, key.value), line)
        return found
