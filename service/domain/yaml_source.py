"""Untrusted YAML (and JSON, which is YAML) as plain data that remembers where each value stands.

Only what JSON can express is taken: mappings with plain keys, lists, strings, numbers, truth values, null.
Size, depth and the number of values after aliases are followed are bounded before anything is built.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from service.domain.errors import json_pointer

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_NODES = 20_000
MAX_PROBLEMS = 200
"""More than this many problems are not listed: the file is then something else altogether."""

Path = tuple[str | int, ...]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What YAML does not allow in a stream; a line break other than these would shift our line numbers.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAB_INDENT = re.compile(r"^ *\t", re.MULTILINE)
_ESCAPE = re.compile(r"\\(?:u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|.)", re.IGNORECASE | re.DOTALL)
_COLLECTIONS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_EXPONENT = re.compile(r"[-+]?\d+(?:\.\d*)?[eE][-+]?\d+")


@dataclass(frozen=True)
class Problem:
    """Something to correct in a file: where (`line` and `column` count from 1; `pointer` is RFC 6901), what
    is wrong and what to do about it.
    """

    line: int
    column: int
    pointer: str
    message: str
    remedy: str
    severity: Literal["error", "advice"] = "error"

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}; {self.remedy}"


@dataclass(frozen=True)
class Mark:
    """Where a value stands and how it is written there; `key_line` and `key_column` are those of its key."""

    line: int
    column: int
    key_line: int
    key_column: int
    tag: str
    raw: str | None


@dataclass(frozen=True)
class NotJson:
    """Stands for a scalar that JSON does not have, such as a date, so that no field accepts it."""

    raw: str


@dataclass
class Source:
    """Plain data with the mark of every value, and what was wrong already at this level."""

    data: Any = None
    marks: dict[Path, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def mark(self, path: Path) -> Mark:
        """Return the mark of `path`, or of the nearest thing around it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.marks:
                return self.marks[path[:length]]
        return Mark(1, 1, 1, 1, "", None)


def read_yaml(
    text: str | bytes, if_empty: str = "start with name:, title:, language: and sections:"
) -> Source:
    """Return the data in `text`; where `problems` is not empty, `data` may be incomplete or None.

    `if_empty` is what to do about a file that holds nothing.
    """
    try:
        return _Builder(_parse(_decode(text), if_empty)).source
    except _Refused as refused:
        return Source(problems=refused.problems)


class _Refused(Exception):
    def __init__(self, problems: list[Problem]) -> None:
        super().__init__()
        self.problems = problems


def _refuse(line: int, column: int, message: str, remedy: str) -> _Refused:
    return _Refused([Problem(line, column, "", message, remedy)])


def _decode(text: str | bytes) -> str:
    if len(text) > MAX_BYTES:
        raise _refuse(1, 1, f"the file is larger than {MAX_BYTES:,} bytes", "split it into several files")
    if isinstance(text, bytes):
        text = _from_utf8(text)
    text = text.removeprefix("\ufeff")
    unprintable = [_unprintable(text, match) for match in _bounded(_UNPRINTABLE.finditer(text))]
    if unprintable:
        raise _Refused(unprintable)
    return _ESCAPE.sub(_join_surrogates, text) if text.lstrip().startswith("{") else text


def _from_utf8(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line, column = _position(data[: error.start].decode(), error.start)
        raise _refuse(line, column, "the file is not UTF-8 text from here on", "save it as UTF-8") from None


def _position(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _bounded(matches: Iterator[re.Match[str]]) -> Iterator[re.Match[str]]:
    return (match for match, _ in zip(matches, range(20), strict=False))


def _unprintable(text: str, match: re.Match[str]) -> Problem:
    line, column = _position(text, match.start())
    name = f"U+{ord(match.group()):04X}"
    return Problem(line, column, "", f"the character {name} is not allowed in YAML", "delete it")


def _join_surrogates(escape: re.Match[str]) -> str:
    """JSON writes characters beyond U+FFFF as two escapes, which YAML does not know."""
    if escape[1] is None:
        return escape[0]
    return chr(0x10000 + ((int(escape[1], 16) - 0xD800) << 10) + int(escape[2], 16) - 0xDC00)


def _parse(text: str, if_empty: str) -> Any:
    try:
        _check_events(yaml.parse(text, Loader=_Loader))
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise _Refused(_syntax_problems(text, error)) from None
    except yaml.YAMLError as error:
        raise _refuse(1, 1, f"this is not YAML: {_short(str(error))}", "correct it") from None
    if root is None or _is_null(root):
        raise _refuse(1, 1, "the file is empty", if_empty)
    return root


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


def _is_null(node: Any) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")


def _check_events(events: Iterator[Any]) -> None:
    """Refuse several documents, deep nesting and aliases that would unfold into too much."""
    open_nodes: list[tuple[str | None, int]] = []
    sizes: dict[str, int] = {}
    total = documents = 0
    for event in events:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _refuse(line, column, "a second document starts here", "keep one document per file")
        elif isinstance(event, yaml.AliasEvent):
            anchor = str(event.anchor)
            if anchor in (name for name, _ in open_nodes):
                raise _refuse(line, column, f"*{_short(anchor)} contains itself", "write the value out")
            total += sizes.get(anchor, 1)
        elif isinstance(event, yaml.NodeEvent):
            open_nodes.append((event.anchor, total))
            total += 1
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionEndEvent):
            name, before = open_nodes.pop()
            if name is not None:
                sizes[name] = total - before
        if len(open_nodes) > MAX_DEPTH:
            raise _refuse(line, column, f"nested deeper than {MAX_DEPTH} levels", "write it flatter")
        if total > MAX_NODES:
            raise _refuse(
                line, column, f"more than {MAX_NODES:,} values, aliases followed", "shorten the file"
            )


_SYNTAX = (
    ("mapping values are not allowed", "put text that holds a colon in quotes, or check the indentation"),
    ("could not find expected ':'", "write key: value, with a space after the colon"),
    (
        "did not find expected key",
        "align this line with the keys above it, or close a quote or bracket before it",
    ),
    ("expected <block end>", "align this line with the ones above it"),
    ("did not find expected '-' indicator", "align this line with the items above it"),
    ("cannot start any token", "put the value in quotes"),
    ("unexpected end of stream", "close the quote or bracket that was opened"),
    ("did not find expected ',' or", "close the bracket, or put a comma between the items"),
    ("undefined alias", "define it with & before it is used, or put the text in quotes"),
    ("duplicate anchor", "give each anchor a name of its own"),
)


def _syntax_problems(text: str, error: yaml.MarkedYAMLError) -> list[Problem]:
    mark: Any = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    tabs = [_position(text, match.end() - 1) for match in _bounded(_TAB_INDENT.finditer(text))]
    if any(abs(tab_line - line) <= 1 for tab_line, _ in tabs):
        return [Problem(*at, "", "a tab indents this line", "indent with spaces") for at in tabs]
    said = _short(error.problem or error.context or "it cannot be read")
    remedy = next(
        (remedy for sign, remedy in _SYNTAX if sign in said), "check quotes, colons and indentation"
    )
    return [Problem(line, column, "", f"this is not YAML: {said}", remedy)]


class _Builder:
    """Turns yaml's nodes into plain data; the recursion is as deep as `MAX_DEPTH` allows."""

    def __init__(self, root: Any) -> None:
        self.source = Source()
        self._loader = yaml.SafeLoader("")
        self.source.data = self._value(root, root, ())

    def _value(self, node: Any, key: Any, path: Path) -> Any:
        raw = node.value if isinstance(node, yaml.ScalarNode) else None
        start, key_start = node.start_mark, key.start_mark
        self.source.marks[path] = Mark(
            start.line + 1, start.column + 1, key_start.line + 1, key_start.column + 1, node.tag, raw
        )
        if not isinstance(node, yaml.ScalarNode) and node.tag not in _COLLECTIONS:
            self._add(node, path, f"the tag {_short(node.tag)} is not supported", "leave the tag out")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, item, (*path, i)) for i, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: Any, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        first: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._add(key, path, "a key is a list or a mapping here", "use a plain word as the key")
            elif key.tag == "tag:yaml.org,2002:merge":
                self._add(key, path, "<< (merging mappings) is not supported", "write the keys out")
            elif key.value in result:
                self._duplicate(key, first[key.value], path)
            else:
                first[key.value] = key
                result[key.value] = self._value(value, key, (*path, key.value))
        return result

    def _duplicate(self, key: Any, earlier: Any, path: Path) -> None:
        lines = f"lines {earlier.start_mark.line + 1} and {key.start_mark.line + 1}"
        message = f"the key {_short(key.value)!r} occurs twice in one mapping, on {lines}"
        self._add(key, (*path, key.value), message, "keep one of the two")

    def _scalar(self, node: Any, path: Path) -> Any:
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind == "str":
            plain_number = not node.style and _EXPONENT.fullmatch(node.value)
            return float(node.value) if plain_number else node.value
        if kind == "timestamp":
            return NotJson(node.value)
        if kind not in {"int", "float", "bool", "null"}:
            self._add(
                node, path, f"the tag {_short(node.tag)} is not supported", "write plain text or a number"
            )
            return NotJson(node.value)
        try:
            return self._loader.construct_object(node)
        except (ValueError, OverflowError, yaml.YAMLError):
            self._add(
                node,
                path,
                f"{_short(node.value)!r} is no value of type {kind}",
                "correct it or put it in quotes",
            )
            return NotJson(node.value)

    def _add(self, node: Any, path: Path, message: str, remedy: str) -> None:
        if len(self.source.problems) < MAX_PROBLEMS:
            mark = node.start_mark
            problem = Problem(mark.line + 1, mark.column + 1, json_pointer(path), message, remedy)
            self.source.problems.append(problem)
