"""The report as a person reads it in a terminal."""

from collections.abc import Iterable, Sequence

from evals.redaction.report import Estimate, Group, Report, TypeRow
from evals.redaction.scoring import Mistake
from service.cli.output import console, print_table

_COLUMNS = ("Type", "Spans", "Recall", "Precision", "F2", "Leak rate", "False", "Labelled as")
_LABELS = 3
_WORTH_SHOWING = 0.005


def show_report(report: Report) -> None:
    """Print a table for each language, and what was false in relation to turns; rates with 95 % intervals."""
    for group in report.groups:
        print_table(_COLUMNS, [_cells(row) for row in group.types], title=_title(group))
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


def _title(group: Group) -> str:
    return f"{group.language}: {group.conversations:,} conversations, {group.turns:,} turns"


def as_text(rate: Estimate | None, digits: int = 3) -> str:
    """Return a rate and its interval, such as `.912 .887–.931`: no zero before the point, to save room."""
    if rate is None:
        return "–"
    value = f"{rate.value:.{digits}f}"
    if rate.low is None or rate.high is None:
        return _short(value, digits)
    ends = (f"{end:.{digits}f}" for end in (rate.low, rate.high))
    return f"{_short(value, digits)} {'–'.join(_short(end, digits) for end in ends)}"


def _short(number: str, digits: int) -> str:
    """Return a share without what is the same in all of them; numbers with one digit stay."""
    if digits == 1:
        return number
    return "1" if float(number) == 1 else number.removeprefix("0")


def _cells(row: TypeRow) -> Sequence[object]:
    rates = (row.recall, row.precision, row.f2, row.leak_rate)
    name = row.type if row.expected in (None, row.type) else f"{row.type}\n→ {row.expected}"
    return (name, row.spans or "", *(as_text(rate) for rate in rates), row.false_hits, _labelled(row))


def _labelled(row: TypeRow) -> str:
    if row.expected is None:
        return ""
    shares = [(name, count / row.characters_covered) for name, count in row.labelled.items()]
    return "\n".join(f"{name} {share:.0%}" for name, share in shares[:_LABELS] if share >= _WORTH_SHOWING)


def _plain(text: str) -> str:
    """Return text that cannot do anything to a terminal."""
    return "".join(character if character.isprintable() else "·" for character in text)
