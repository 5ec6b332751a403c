"""How the command line speaks: results on standard output, everything else on standard error."""

import re
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import pydantic_core
import typer
from rich.cells import cell_len, set_cell_size
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

# What a column of a table takes beside its words: a line and a space on each side.
_FRAME = 3

_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]"
)

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
    """Write a table to standard output. Words stay whole, because a broken id cannot be copied: where that
    takes more room than there is, each row becomes a block of lines.
    """
    out = console()
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = _widths([(name, *(row[at] for row in cells)) for at, name in enumerate(columns)], out.width)
    if widths is None:
        _print_blocks(out, columns, cells, title)
        return
    table = Table(title=title, title_justify="left", title_style="bold")
    for name, width in zip(columns, widths, strict=True):
        table.add_column(name, width=width, overflow="fold")
    for row in cells:
        table.add_row(*row)
    out.print(table)


def _widths(columns: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Return how wide each column is in a table of at most `room`, None where words would have to break."""
    widths = [max(map(_longest_word, column)) for column in columns]
    spare = room - sum(widths) - _FRAME * len(columns) - 1
    if spare < 0:
        return None
    missing = {
        at: max(cell_len(line) for cell in column for line in cell.split("\n")) - widths[at]
        for at, column in enumerate(columns)
    }
    # Who lacks least comes first, so that few columns wrap at all.
    for left, at in zip(range(len(widths), 0, -1), sorted(missing, key=missing.__getitem__), strict=True):
        given = min(missing[at], spare // left)
        widths[at] += given
        spare -= given
    return widths


def _longest_word(text: str) -> int:
    """Return the cells of its longest word; between wide characters, as in Chinese, a line may end."""
    return max((cell_len(word) for word in _WIDE.sub(" __ ", text).split()), default=0)


def _print_blocks(
    out: Console, columns: Sequence[str], rows: Sequence[Sequence[str]], title: str | None
) -> None:
    """Write each row as lines of name and value; the terminal may wrap them, so that they copy whole."""
    if title:
        out.print(title, style="bold", soft_wrap=True)
    indent = max(map(cell_len, columns)) + 2
    for row in rows:
        out.print()
        for name, cell in zip(columns, row, strict=True):
            if cell:
                shown = cell.replace("\n", "\n" + " " * indent)
                out.print(f"{set_cell_size(name, indent)}{shown}", soft_wrap=True)
