"""Labels in a table: one a row, or one row a conversation with a column for each dimension.

A table is wide when it has neither a column for the dimension nor one for the level. Its columns that are no
field of a label are dimensions then; one named `<dimension>_comment` holds the rationale.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import BinaryIO, NamedTuple

from service.domain.label_import import RowProblem
from service.formats.label_fields import ALIASES, Defaults, GivenLabel, field_of, to_label

LONGEST_LINE = 1_000_000
"""Characters of one line; a longer one is left out."""

MOST_COLUMNS = 500

_DELIMITERS = ",;\t|"
_BY_BOM = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (codecs.BOM_UTF8, "utf-8-sig"))
# Spreadsheets say so on a line of its own.
_SAID = re.compile(rf"sep=([{_DELIMITERS}])", re.IGNORECASE)
_ESCAPED = re.compile("[\udc80-\udcff]")
_COMMENT = re.compile(r"(.+?)_(?:comments?|rationale|notes?|reason|explanation)")


class EmptyRow(NamedTuple):
    """A row without a level: nobody has filled it in yet."""

    row: int


class Note(NamedTuple):
    """Something about the file as a whole that a person should know."""

    text: str


Read = GivenLabel | RowProblem | EmptyRow | Note
Cells = Mapping[str, str]
Reader = Callable[[int, Cells], list[GivenLabel | RowProblem | EmptyRow]]


def read_table(
    stream: BinaryIO, start: bytes, defaults: Defaults, dimensions: Collection[str] | None = None
) -> Iterator[Read]:
    """Yield the labels of a table with a header, and what is wrong, by the line where a row starts.

    `start` is the beginning of `stream`, which is read forward only and from there on. `dimensions` are those
    of the scorecard, where one is known: in a wide table no other column is read.
    """
    encoding = next((name for bom, name in _BY_BOM if start.startswith(bom)), "utf-8")
    text = io.TextIOWrapper(stream, encoding, errors="surrogateescape", newline="")
    try:
        yield from _Table(text, defaults, dimensions).read()
    except UnicodeError:
        yield RowProblem(row=1, field="", detail="this is not text; save the file as UTF-8")
    finally:
        text.detach()


class _Table:
    """One table while it is read."""

    def __init__(self, text: io.TextIOBase, defaults: Defaults, known: Collection[str] | None) -> None:
        self._lines = _Lines(text)
        self._defaults = defaults
        self._known = known

    def read(self) -> Iterator[Read]:
        first = next((line for line in self._lines if line.strip()), "")
        said = _SAID.fullmatch(first.strip())
        if said:
            first = next((line for line in self._lines if line.strip()), "")
        delimiter = said[1] if said else max(_DELIMITERS, key=first.count)
        header = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
        problem = _wrong_with(header)
        if problem is not None:
            yield RowProblem(row=max(self._lines.number, 1), field="", detail=problem)
            return
        names, reader, unread = self._layout(header)
        if unread:
            yield Note(f"columns that were not read: {', '.join(unread)[:500]}")
        for row, cells in self._rows(delimiter):
            yield from _checked(row, cells, names, reader)

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

    def _layout(self, header: list[str]) -> tuple[list[str], Reader, list[str]]:
        """Return a name for each column, how a row is read, and columns that are not."""
        fields = _chosen(header)
        if not {"dimension", "level"} & set(fields):
            return self._wide(header, fields)
        unread = [name for name, field in zip(header, fields, strict=True) if name and not field]
        return fields, lambda row, cells: _long(row, cells, self._defaults), unread

    def _wide(self, header: list[str], fields: list[str]) -> tuple[list[str], Reader, list[str]]:
        slugs = [re.sub(r"[\s-]+", "_", name.casefold()) for name in header]
        plain = [name.casefold() for name in header]
        # A dimension may have a hyphen in its id; a column that is written like it is that one.
        own = [p if self._known and p in self._known else s for p, s in zip(plain, slugs, strict=True)]
        free = [name for name, field in zip(own, fields, strict=True) if name and not field]
        graded = [n for n in free if (n in self._known if self._known else not _comment_on(n, free))]
        spoken = {name: base for name in free if (base := _comment_on(name, graded))}
        names = [
            field or (name if name in {*graded, *spoken} else "")
            for name, field in zip(own, fields, strict=True)
        ]
        unread = [name for name, read in zip(header, names, strict=True) if name and not read]
        comments = {base: name for name, base in spoken.items()}
        return names, lambda row, cells: _across(row, cells, graded, comments, self._defaults), unread


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


def _wrong_with(header: list[str]) -> str | None:
    if len(header) > MOST_COLUMNS:
        return f"the table has {len(header)} columns; at most {MOST_COLUMNS} are read"
    fields = [field for field in _chosen(header) if field]
    twice = sorted({field for field in fields if fields.count(field) > 1})
    names = [name for name in header if name]
    if not fields:
        return f"the first line has to name the columns; a label has: {', '.join(ALIASES)}"
    if twice:
        return f"more than one column is for: {', '.join(twice)}; leave one out, or rename it"
    if len(set(names)) != len(names):
        return "two columns have the same name"
    if not {"conversation", "evaluation"} & set(fields):
        return "no column says which conversation; name one conversation (its external_id) or evaluation"
    return None


def _chosen(header: list[str]) -> list[str]:
    """Return the field of each column, empty for none. `id` is the conversation where nothing else is."""
    fields = [field_of(name) or "" for name in header]
    if not {"conversation", "evaluation"} & set(fields):
        fields = [
            "conversation" if name.casefold() == "id" else f for name, f in zip(header, fields, strict=True)
        ]
    return fields


def _comment_on(name: str, dimensions: Collection[str]) -> str | None:
    match = _COMMENT.fullmatch(name)
    return match[1] if match and match[1] in dimensions else None


def _checked(row: int, cells: list[str] | str, names: list[str], reader: Reader) -> Iterator[Read]:
    if isinstance(cells, str):
        yield RowProblem(row=row, field="", detail=cells)
    elif any(_ESCAPED.search(cell) for cell in cells):
        yield RowProblem(row=row, field="", detail="this is not UTF-8 text; save the file as UTF-8")
    elif len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
        detail = (
            f"{len(cells)} cells under {len(names)} columns; put a cell that holds the delimiter in quotes"
        )
        yield RowProblem(row=row, field="", detail=detail)
    else:
        yield from reader(row, {name: cell for name, cell in zip(names, cells, strict=False) if name})


def _long(row: int, cells: Cells, defaults: Defaults) -> list[GivenLabel | RowProblem | EmptyRow]:
    if "level" in cells and not cells["level"].strip():
        return [EmptyRow(row)]
    return [*to_label(row, cells, defaults)]


def _across(
    row: int, cells: Cells, graded: Collection[str], comments: Mapping[str, str], defaults: Defaults
) -> list[GivenLabel | RowProblem | EmptyRow]:
    shared = {name: cell for name, cell in cells.items() if name in ALIASES}
    found: list[GivenLabel | RowProblem | EmptyRow] = []
    for dimension in graded:
        if cells.get(dimension, "").strip():
            own = {"dimension": dimension, "level": cells[dimension]}
            comment = cells.get(comments.get(dimension, ""), "")
            own |= {"rationale": comment} if comment.strip() else {}
            found += to_label(row, {**shared, **own}, defaults, f"{dimension}/")
    return found or [EmptyRow(row)]
