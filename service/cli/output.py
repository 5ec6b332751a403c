"""How the command line speaks: results on standard output, everything else on standard error."""

import re
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import pydantic_core
import typer
from rich.console import Console
from rich.table import Table

FINE = 0
FAILED_AS_ASKED = 1
BAD_INPUT = 2
OUTSIDE_FAILED = 3

Format = Literal["table", "json"]
FormatOption = Annotated[
    Format, typer.Option("--format", "-f", help="A table for people, or JSON on standard output.")
]


_ANY_WIDTH = 10_000

# What would move the cursor, ring, colour or turn the direction of writing on somebody's terminal.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_SHOWN = {"\t": " ", "\n": "⏎", "\u2028": "⏎", "\u2029": "⏎"}


class OutputClosed(Exception):
    """Nobody reads standard output any more. No OSError: libraries would make a failure of that."""


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise OutputClosed


def console() -> Console:
    """Return a console on standard output; as wide as 120 columns where there is no terminal to ask."""
    return _Console(width=None if sys.stdout.isatty() else 120, highlight=False, markup=False)


def printable(text: str) -> str:
    """Return text of strangers so that it can do nothing but be read, on one line; the length stays."""
    return _CONTROL.sub(lambda match: _SHOWN.get(match[0], "\ufffd"), text)


def say(message: str) -> None:
    """Tell the person at the terminal something, on standard error."""
    sys.stderr.write(f"{message}\n")


def complain(message: str) -> None:
    """Tell of an error, on standard error."""
    say(f"error: {message}")


def print_json(value: Any) -> None:
    """Write one line of JSON to standard output."""
    line = pydantic_core.to_json(value, inf_nan_mode="null").decode()
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise OutputClosed from None


def print_fitting(out: Console, tables: Sequence[Table]) -> None:
    """Write the first of these tables that `out` is wide enough for, else the last one: a number that is
    cut misleads.
    """
    unbounded = out.options.update(width=_ANY_WIDTH)
    fitting = (table for table in tables if out.measure(table, options=unbounded).maximum <= out.width)
    out.print(next(fitting, tables[-1]))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str | None = None) -> None:
    """Write a table to standard output."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for position, column in enumerate(columns):
        # The first column is what people copy; a shortened id is of no use.
        table.add_column(column, no_wrap=position == 0, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console().print(table)
