"""The report as a person reads it in a terminal."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.table import Table

from evals.redaction.report import Estimate, Group, Report, TypeRow
from evals.redaction.scoring import Mistake
from service.cli.output import console, print_fitting, print_table

_COLUMNS = ("Type", "Spans", "Recall", "Precision", "F2", "Leak rate", "False", "Labelled as")


class _Layout(NamedTuple):
    """How much of a table is shown: where intervals stand, and which columns are left out."""

    between: str | None
    without: tuple[str, ...] = ()


_LAYOUTS = (
    _Layout(" "),
    _Layout("\n"),
    _Layout("\n", ("Labelled as",)),
    _Layout("\n", ("Labelled as", "F2")),
    _Layout(None, ("Labelled as", "F2")),
)
"""From the widest to the narrowest: the first that fits is taken, for a number that is cut misleads."""

_LABELS = 3
_WORTH_SHOWING = 0.005


def show_report(report: Report) -> None:
    """Print a table for each language, and what was false in relation to turns; rates with 95 % intervals."""
    for group in report.groups:
        print_fitting(console(), [_table(group, layout) for layout in _LAYOUTS])
        false = group.false_hits_per_1000_turns, group.false_hits_per_100_conversations
        per_turns, per_conversations = (as_text(rate, 1) for rate in false)
        console().print(
            f"False hits per 1,000 turns: {per_turns}; per 100 conversations: {per_conversations}\n"
        )


def show_mistakes(mistakes: Iterable[Mistake]) -> None:
    """Print misses and false hits with the words around them. It is personal data: for who asked only."""
    rows = [
        (m.kind, m.type, f"{m.where}, turn {m.turn}", _plain(f"{m.before}[{m.text}]{m.after}"))
        for m in mistakes
    ]
    print_table(("Mistake", "Type", "Where", "Text"), rows, title="Worst misses and longest false hits")


def _table(group: Group, layout: _Layout) -> Table:
    table = Table(title=_title(group), title_justify="left", title_style="bold")
    shown = [place for place, column in enumerate(_COLUMNS) if column not in layout.without]
    for place in shown:
        # Where nothing else is left to give way, names may be folded; figures never.
        table.add_column(_COLUMNS[place], no_wrap=place > 0 or layout is not _LAYOUTS[-1], overflow="fold")
    for row in group.types:
        cells = _cells(row, layout.between)
        table.add_row(*(str(cells[place]) for place in shown))
    return table


def _title(group: Group) -> str:
    return f"{group.language}: {group.conversations:,} conversations, {group.turns:,} turns"


def as_text(rate: Estimate | None, digits: int = 3, between: str | None = " ") -> str:
    """Return a rate and its interval, such as `.912 .887–.931`: no zero before the point, to save room.

    `between` stands before the interval, which is left out where that is None.
    """
    if rate is None:
        return "–"
    value = _short(f"{rate.value:.{digits}f}", digits)
    if rate.low is None or rate.high is None or between is None:
        return value
    ends = (f"{end:.{digits}f}" for end in (rate.low, rate.high))
    return f"{value}{between}{'–'.join(_short(end, digits) for end in ends)}"


def _short(number: str, digits: int) -> str:
    """Return a share without the zero before its point; numbers with one digit stay."""
    return number if digits == 1 else number.removeprefix("0")


def _cells(row: TypeRow, between: str | None) -> Sequence[object]:
    rates = (row.recall, row.precision, row.f2, row.leak_rate)
    name = row.type if row.expected in (None, row.type) else f"{row.type}\n→ {row.expected}"
    return (
        name,
        row.spans or "",
        *(as_text(rate, between=between) for rate in rates),
        row.false_hits,
        _labelled(row),
    )


def _labelled(row: TypeRow) -> str:
    if row.expected is None:
        return ""
    shares = [(name, count / row.characters_covered) for name, count in row.labelled.items()]
    return "\n".join(f"{name} {share:.0%}" for name, share in shares[:_LABELS] if share >= _WORTH_SHOWING)


def _plain(text: str) -> str:
    """Return text that cannot do anything to a terminal."""
    return "".join(character if character.isprintable() else "·" for character in text)
