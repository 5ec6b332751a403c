"""Labels in a table: one a row, or one row a conversation with a column for each dimension.

What the columns are is told by `labels_header`.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO, NamedTuple

from service.domain.label_import import RowProblem
from service.formats.label_fields import ALIASES, Defaults, GivenLabel, to_label
from service.formats.labels_header import ANY, Expected, Layout, layout_of, wrong_with

LONGEST_LINE = 1_000_000
"""Characters of one line; a longer one is left out."""

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LOOKED_AT = 64
_DELIMITERS = ",;\t|"
_BY_BOM = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (codecs.BOM_UTF8, "utf-8-sig"))
# Spreadsheets say so on a line of its own.
_SAID = re.compile(rf"sep=([{_DELIMITERS}])", re.IGNORECASE)
_ESCAPED = re.compile("[\udc80-\udcff]")


class EmptyRow(NamedTuple):
    """A row without a level: nobody has filled it in yet."""

    row: int


class Note(NamedTuple):
    """Something about the file as a whole that a person should know."""

    text: str


Read = GivenLabel | RowProblem | EmptyRow | Note
Cells = Mapping[str, str]

_NOT_UTF_8 = "this is not UTF-8 text; save the file as UTF-8"


def read_table(
    stream: BinaryIO, start: bytes, defaults: Defaults, expected: Expected = ANY
) -> Iterator[Read]:
    """Yield the labels of a table with a header, and what is wrong, by the line where a row starts.

    `start` is the beginning of `stream`, which is read forward only and from there on. In a wide table only
    columns for dimensions that are `expected` are read.
    """
    if not start.startswith(_UTF_16) and b"\0" in start[:_LOOKED_AT]:
        detail = (
            "this looks like UTF-16 without a byte order mark; save the file as UTF-8, or as UTF-16 with one"
        )
        yield RowProblem(row=1, field="", detail=detail)
        return
    encoding = next((name for bom, name in _BY_BOM if start.startswith(bom)), "utf-8")
    text = io.TextIOWrapper(stream, encoding, errors="surrogateescape", newline="")
    try:
        yield from _Table(text, defaults, expected).read()
    except UnicodeError:
        yield RowProblem(row=1, field="", detail="this is not text; save the file as UTF-8")
    finally:
        text.detach()


class _Table:
    """One table while it is read."""

    def __init__(self, text: io.TextIOBase, defaults: Defaults, expected: Expected) -> None:
        self._lines = _Lines(text)
        self._defaults = defaults
        self._expected = expected

    def read(self) -> Iterator[Read]:
        first = next((line for line in self._lines if line.strip()), "")
        said = _SAID.fullmatch(first.strip())
        if said:
            first = next((line for line in self._lines if line.strip()), "")
        delimiter = said[1] if said else max(_DELIMITERS, key=first.count)
        header = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
        problem = _NOT_UTF_8 if _ESCAPED.search("".join(header)) else wrong_with(header)
        number = max(self._lines.number, 1)
        if problem is not None:
            yield RowProblem(row=number, field="", detail=problem)
            return
        layout = layout_of(header, self._expected)
        if layout.unread and (layout.long or layout.graded):
            yield Note(f"columns that were not read: {', '.join(layout.unread)[:500]}")
        yield from (RowProblem(row=number, field=name, detail=said) for name, said in layout.mistakes)
        if layout.long or layout.graded:
            for row, cells in self._rows(delimiter):
                yield from _checked(row, cells, layout, self._defaults)

    def _rows(self, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
        """Yield (line where it starts, cells or what is wrong) for each row."""
        rows = csv.reader(iter(self._lines), delimiter=delimiter, strict=True)
        while True:
            start = self._lines.number + 1
            self._lines.cut = False
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error:
                yield start, self._broken(start)
                continue
            if self._lines.cut:
                yield start, f"the line has more than {LONGEST_LINE:,} characters; shorten the cell"
            elif any(cell.strip() for cell in cells):
                yield start, cells

    def _broken(self, start: int) -> str:
        end = self._lines.number
        lost = f"; lines {start} to {end} were not read" if end > start else ""
        return f"a quote is not closed, stands in the wrong place, or a cell is far too long{lost}"


class _Lines:
    """The lines of a text, none of them longer than the limit; counts them."""

    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text
        self.number = 0
        self.cut = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            self.cut = True
            while (rest := self._text.readline(LONGEST_LINE)) and not rest.endswith(("\n", "\r")):
                pass
            return "\n"
        # A file may have NUL in it that the parser would trip over.
        return line.replace("\0", "\ufffd")


def _checked(row: int, cells: list[str] | str, layout: Layout, defaults: Defaults) -> Iterator[Read]:
    columns = len(layout.names)
    if isinstance(cells, str):
        yield RowProblem(row=row, field="", detail=cells)
    elif any(_ESCAPED.search(cell) for cell in cells):
        yield RowProblem(row=row, field="", detail=_NOT_UTF_8)
    elif any(cell.strip() for cell in cells[columns:]):
        detail = f"{len(cells)} cells under {columns} columns; put a cell that holds the delimiter in quotes"
        yield RowProblem(row=row, field="", detail=detail)
    else:
        named = {name: cell for name, cell in zip(layout.names, cells, strict=False) if name}
        yield from _long(row, named, defaults) if layout.long else _across(row, named, layout, defaults)


def _long(row: int, cells: Cells, defaults: Defaults) -> list[GivenLabel | RowProblem | EmptyRow]:
    if "level" in cells and not cells["level"].strip():
        return [EmptyRow(row)]
    return [*to_label(row, cells, defaults)]


def _across(
    row: int, cells: Cells, layout: Layout, defaults: Defaults
) -> list[GivenLabel | RowProblem | EmptyRow]:
    shared = {name: cell for name, cell in cells.items() if name in ALIASES}
    found: list[GivenLabel | RowProblem | EmptyRow] = []
    for dimension in layout.graded:
        if cells.get(dimension, "").strip():
            own = {"dimension": dimension, "level": cells[dimension]}
            comment = cells.get(layout.comments.get(dimension, ""), "")
            own |= {"rationale": comment} if comment.strip() else {}
            found += to_label(row, {**shared, **own}, defaults, f"{dimension}/")
    return found or [EmptyRow(row)]
