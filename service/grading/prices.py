"""What requests to a model cost, from a table that the user writes.

```yaml
gpt-5.5: {input: 2, cached_input: 0.2, output: 12}     # USD per million tokens
"mistral-*": {input: 0.4, output: 2}
```

There is no built-in table: prices change, and a wrong one is worse than none.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from service.domain.errors import json_pointer
from service.domain.yaml_source import Path as At
from service.domain.yaml_source import Problem, Source, read_yaml

_REQUIRED = ("input", "output")
_KEYS = ("input", "cached_input", "output")
_EXAMPLE = "{input: 2, cached_input: 0.2, output: 12}"
_PER = 1_000_000
_MOST = 1_000_000


class InvalidPrices(ValueError):
    """A price table with mistakes, one sentence with line and remedy for each in `problems`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens. `cached_input` is for the part of a prompt that the server had in its cache."""

    input: float
    cached_input: float
    output: float

    def cost(self, prompt_tokens: int, cached_tokens: int, completion_tokens: int) -> float:
        """Return the price of one request in USD. Cached tokens are a part of the prompt's."""
        cached = min(cached_tokens, prompt_tokens)
        parts = (prompt_tokens - cached) * self.input + cached * self.cached_input
        return (parts + completion_tokens * self.output) / _PER


@dataclass(frozen=True)
class Prices:
    """Prices by model. A name may end in `*`; the exact name counts before any of those, then the longest."""

    table: Mapping[str, Price] = field(default_factory=dict)

    @classmethod
    def from_file(cls, path: Path) -> "Prices":
        """Return the prices in a file. Raises InvalidPrices, also when it cannot be read."""
        try:
            return read_prices(path.read_bytes())
        except OSError as error:
            raise InvalidPrices([f"cannot be read: {error.strerror}"]) from None

    def of(self, *names: str) -> Price | None:
        """Return the price of the first of these models that has one."""
        return next((price for price in map(self._of, names) if price is not None), None)

    def _of(self, name: str) -> Price | None:
        if name in self.table and not name.endswith("*"):
            return self.table[name]
        fitting = [key for key in self.table if key.endswith("*") and name.startswith(key[:-1])]
        return self.table[max(fitting, key=len)] if fitting else None


class Spending:
    """The sum of what all answers cost, in USD. Threads may add to it at once."""

    def __init__(self) -> None:
        self._usd = 0.0
        self._lock = threading.Lock()

    @property
    def usd(self) -> float:
        """What was spent so far."""
        return self._usd

    def add(self, usd: float) -> None:
        """Add the cost of one answer."""
        with self._lock:
            self._usd += usd


def read_prices(text: str | bytes) -> Prices:
    """Return the prices in `text`, YAML or JSON. Raises InvalidPrices with every mistake."""
    source = read_yaml(text, if_empty=f"write a model and its prices: gpt-5.5: {_EXAMPLE}")
    problems = list(source.problems)
    table: dict[str, Price] = {}
    if not problems:
        problems = _mistakes(source)
    if not problems:
        table = {name: _price(entry) for name, entry in source.data.items()}
    if problems:
        raise InvalidPrices([str(problem) for problem in sorted(problems, key=lambda p: (p.line, p.column))])
    return Prices(table)


def _price(entry: Mapping[str, Any]) -> Price:
    return Price(entry["input"], entry.get("cached_input", entry["input"]), entry["output"])


def _mistakes(source: Source) -> list[Problem]:
    if not isinstance(source.data, dict):
        return [_problem(source, (), "the file is no mapping", f"write lines like gpt-5.5: {_EXAMPLE}")]
    return [problem for name, entry in source.data.items() for problem in _of_model(source, name, entry)]


def _of_model(source: Source, name: str, entry: Any) -> list[Problem]:
    path: At = (name,)
    if not name or "*" in name[:-1]:
        remedy = "write the whole name, or its beginning and a * at the end"
        return [_problem(source, path, f"{_short(name)!r} is no model's name", remedy)]
    if not isinstance(entry, dict):
        return [_problem(source, path, f"{_short(name)} has no prices", f"write {_short(name)}: {_EXAMPLE}")]
    unknown = [_unknown(source, (*path, key)) for key in entry if key not in _KEYS]
    missing = [_missing(source, path, key) for key in _REQUIRED if key not in entry]
    wrong = [_wrong(source, (*path, key)) for key in _KEYS if key in entry and not _is_price(entry[key])]
    return [*unknown, *missing, *wrong]


def _unknown(source: Source, path: At) -> Problem:
    near = get_close_matches(str(path[-1])[:60].lower(), _KEYS, n=1)
    remedy = f"did you mean {near[0]!r}?" if near else f"the keys are: {', '.join(_KEYS)}"
    return _problem(source, path, f"a price has no key {_short(str(path[-1]))!r}", remedy)


def _missing(source: Source, path: At, key: str) -> Problem:
    return _problem(
        source,
        path,
        f"{_short(str(path[0]))} needs the key {key!r}",
        f"add {key}: and USD per million tokens",
    )


def _wrong(source: Source, path: At) -> Problem:
    raw = source.mark(path).raw
    shown = "a list or a mapping" if raw is None else _short(raw) or "empty"
    remedy = "write USD per million tokens as a number from 0 to a million"
    return _problem(source, path, f"{path[-1]} has to be a price, it is {shown}", remedy)


def _is_price(value: Any) -> bool:
    # bool is a kind of int in Python, and no price.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= _MOST


def _problem(source: Source, path: At, message: str, remedy: str) -> Problem:
    mark = source.mark(path)
    return Problem(mark.key_line, mark.key_column, json_pointer(path), message, remedy)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
