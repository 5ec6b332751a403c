"""Figures with intervals in tables that fit the terminal: an interval goes below its figure where there is no
room beside it, then columns that others can stand for are left out, then intervals.
"""

from collections.abc import Collection, Iterator, Sequence

from rich.console import Console
from rich.table import Table

from service.cli.output import print_fitting
from service.domain.agreement import Estimate

Cell = Estimate | str | int | None


def print_figures(
    out: Console, columns: Sequence[str], rows: Sequence[Sequence[Cell]], spare: Sequence[str] = ()
) -> None:
    """Write a table; columns in `spare` are the first to go where it is too wide."""
    print_fitting(out, list(_tables(columns, rows, spare)))


def in_figures(estimate: Estimate | None, between: str | None = " ") -> str:
    """Return a figure with its interval: `0.62 (0.48…0.74)`; a dash where there is none.

    `between` stands before the interval, which is left out where that is None.
    """
    if estimate is None or estimate.value is None:
        return "–"
    if estimate.low is None or estimate.high is None or between is None:
        return f"{estimate.value:.2f}"
    return f"{estimate.value:.2f}{between}({estimate.low:.2f}…{estimate.high:.2f})"


def _tables(columns: Sequence[str], rows: Sequence[Sequence[Cell]], spare: Sequence[str]) -> Iterator[Table]:
    yield _table(columns, rows, " ")
    for count in range(len(spare) + 1):
        yield _table(columns, rows, "\n", without=spare[:count])
    yield _table(columns, rows, None)
    yield _table(columns, rows, None, without=spare)


def _table(
    columns: Sequence[str], rows: Sequence[Sequence[Cell]], between: str | None, without: Collection[str] = ()
) -> Table:
    table = Table()
    for column in columns:
        if column not in without:
            table.add_column(column, no_wrap=True)
    for row in rows:
        cells = (cell for name, cell in zip(columns, row, strict=True) if name not in without)
        table.add_row(*(_in_cell(cell, between) for cell in cells))
    return table


def _in_cell(cell: Cell, between: str | None) -> str:
    if isinstance(cell, Estimate):
        return in_figures(cell, between)
    return "–" if cell is None else str(cell)
