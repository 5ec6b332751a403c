"""A page of text: paragraphs with hanging indents, wrapped on a terminal, one line each in a pipe or file."""

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from service.cli.output import printable

_NARROWEST = 20
_INDENT = 2
_WIDE = 2
_CLOSING = "，。、；：？！）】》」』”’…,.;:!?)]}%»«"
_OPENING = "（【《「『“‘([{"

Words = str | Text


class Page:
    """Writes to a console. Nothing is drawn around the text and no line is padded, so that `grep` works."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.has_colour = console.is_terminal and console.color_system is not None and not console.no_color

    @property
    def width(self) -> int | None:
        """Columns of the terminal; None where lines may be of any length."""
        return self._console.width if self._console.is_terminal else None

    def heading(self, title: Words, style: str = "bold underline") -> None:
        """Write a title after an empty line."""
        self._console.print()
        self.line(title, style=style)

    def line(self, words: Words, *, indent: int = 0, first: str = "", style: str = "") -> None:
        """Write a paragraph `indent` steps in; `first` stands before it, and what follows is aligned."""
        text = words.copy() if isinstance(words, Text) else Text(printable(words))
        text.stylize_before(style)
        lead = " " * (_INDENT * indent) + first
        for part in self._wrapped(text, cell_len(lead)):
            self._console.print(Text(lead).append_text(part), soft_wrap=True)
            lead = " " * cell_len(lead)

    def fields(self, rows: Iterable[tuple[str, Words | None]], *, indent: int = 1, label: int = 13) -> None:
        """Write labelled values under each other; those that are None or empty are left out."""
        for name, words in rows:
            if words:
                self.line(words, indent=indent, first=set_cell_size(name, label) + " ")

    def _wrapped(self, text: Text, lead: int) -> Iterable[Text]:
        breaks = [] if self.width is None else line_breaks(text.plain, max(self.width - lead, _NARROWEST))
        lines = text.divide(breaks)
        for line in lines:
            line.rstrip()
        return lines


def line_breaks(text: str, width: int) -> list[int]:
    """Return where lines of at most `width` columns begin, the first one aside: after a space, or between two
    signs of a script without spaces, unless one of them is punctuation that belongs to the other. A word that
    is wider than a line is broken.
    """
    breaks: list[int] = []
    start = best = columns = 0
    for at, sign in enumerate(text):
        if at > start and _may_break(text[at - 1], sign):
            best = at
        while at > start and sign != " " and columns + cell_len(sign) > width:
            start = best if best > start else at
            breaks.append(start)
            columns = cell_len(text[start:at])
        columns += cell_len(sign)
    return breaks


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in _CLOSING or before in _OPENING:
        return False
    return before == " " or cell_len(before) == _WIDE or cell_len(after) == _WIDE
