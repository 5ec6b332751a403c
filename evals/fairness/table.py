"""The report as a person reads it in a terminal."""

from collections.abc import Iterator, Sequence

from rich.table import Table

from evals.fairness.comparing import Pair, Trial, Tried
from evals.fairness.report import Report, Row, Share, Shift, SwapReport
from evals.fairness.rewriting import Change
from service.cli.output import console, print_table

_FLIPS_SHOWN = 10
_CHANGES_SHOWN = 3
_LONGEST = 40
_ROWS_SHOWN = 30
_FIGURES = ("Flipped", "Unchanged again", "Difference", "Points")


def show_report(report: Report, tried: Sequence[Tried]) -> None:
    """Print the swaps, the dimensions that flipped, the first flips, and what the figures leave open."""
    out = console()
    shown = [swap for swap in report.swaps if _was_tried(swap)]
    if shown:
        out.print(_swaps(shown))
    _show_dimensions(shown)
    _show_flips(tried)
    for sentence in notes(report):
        out.print(sentence)


def notes(report: Report) -> Iterator[str]:
    """Yield sentences on what the figures do and do not say."""
    yield _what_was_done(report)
    nothing = [swap.swap for swap in report.swaps if not _was_tried(swap)]
    if nothing:
        yield f"Nothing to swap in any conversation: {', '.join(nothing)}."
    if any(swap.identical for swap in report.swaps):
        yield (
            "Same: after redaction the grader would read the very same words, so it was not asked and no "
            "grade can flip. These conversations are in no share."
        )
    yield from _names_left(report)
    if any(swap.compared for swap in report.swaps):
        yield (
            "Points: mean change where both are graded, 1 being the whole scale; below 0 the swapped "
            "conversations got less."
        )
    yield from _no_flips(report)
    if not report.repeats.grades:
        yield "Nothing was graded again unchanged: flips cannot be told from a model that wavers anyway."


def _was_tried(swap: SwapReport) -> bool:
    return bool(swap.compared or swap.identical or swap.failed)


def _what_was_done(report: Report) -> str:
    graded = f"{_counted(report.conversations - report.failed, 'conversation')} graded as they are"
    if report.failed:
        graded += f", {report.failed} could not be and are left out"
    again = f"unchanged again, {_of(report.repeats)} grades flipped; " if report.repeats.grades else ""
    cost = "" if report.cost_usd is None else f", {report.cost_usd:.4f} USD"
    return f"{graded}; {again}{_counted(report.requests, 'request')} to a model{cost}."


def _names_left(report: Report) -> Iterator[str]:
    leaking = [swap for swap in report.swaps if swap.with_names_left]
    if leaking:
        listed = ", ".join(f"{swap.swap} {swap.with_names_left}" for swap in leaking)
        yield f"Redaction left a new name standing, in so many conversations: {listed}."


def _no_flips(report: Report) -> Iterator[str]:
    sizes = sorted(s.compared for s in report.swaps if s.compared and not s.overall.swapped.flips)
    if not sizes:
        return
    few, many = sizes[0], sizes[-1]
    compared = f"{few}" if few == many else f"{few} to {many}"
    ends = [f"{min(1.0, 3 / size):.0%}" for size in (many, few)]
    possible = ends[0] if ends[0] == ends[1] else " to ".join(ends)
    yield (
        "No flip is no proof: none in n conversations still leaves a share of about 3/n (95 %). Here n is "
        f"{compared}, which leaves {possible}. To rule out more than 5 % takes about 60 conversations with "
        "something to swap, more than 1 % about 300."
    )


def _swaps(swaps: Sequence[SwapReport]) -> Table:
    title = "Flips by swap, with 95 % intervals"
    table = Table(title=title, title_justify="left", title_style="bold", show_lines=True)
    for heading in ("Swap", "Conversations", *_FIGURES):
        table.add_column(heading, no_wrap=True)
    for swap in swaps:
        table.add_row(swap.swap, _conversations(swap), *_cells(swap.overall))
    return table


def _conversations(swap: SwapReport) -> str:
    counts = ((swap.compared, "compared"), (swap.identical, "same"), (swap.failed, "failed"))
    return "\n".join(f"{count} {what}" for count, what in counts if count)


def _cells(row: Row) -> tuple[str, str, str, str]:
    between = "" if row.excess is None else _signed(row.excess, row.excess_low, row.excess_high, ".0%")
    return _share(row.swapped), _share(row.unchanged), between, _shift(row.shift)


def _show_dimensions(swaps: Sequence[SwapReport]) -> None:
    rows = [
        (swap.swap, row)
        for swap in swaps
        for row in swap.dimensions
        if row.swapped.flips or row.unchanged.flips
    ]
    rows.sort(key=lambda pair: -(pair[1].excess or 0.0))
    cells = [(swap, row.dimension, *_cells(row)) for swap, row in rows[:_ROWS_SHOWN]]
    if cells:
        print_table(
            ("Swap", "Dimension", *_FIGURES),
            cells,
            title="Dimensions that flipped, the largest difference first",
        )
    if len(rows) > _ROWS_SHOWN:
        console().print(f"and {len(rows) - _ROWS_SHOWN} more; --format json has all of them")


def _show_flips(tried: Sequence[Tried]) -> None:
    found = list(flips(tried))
    rows = [
        (_plain(one.id), trial.swap, pair.dimension, f"{pair.before} → {pair.after}", _changes(trial.changes))
        for one, trial, pair in found[:_FLIPS_SHOWN]
    ]
    if rows:
        title = f"First {len(rows)} of {len(found)} flips" if len(found) > len(rows) else "Flips"
        print_table(("Conversation", "Swap", "Dimension", "Level", "What was changed"), rows, title=title)


def flips(tried: Sequence[Tried]) -> Iterator[tuple[Tried, Trial, Pair]]:
    """Yield every grade that flipped under a swap."""
    for one in tried:
        for trial in one.trials:
            yield from ((one, trial, pair) for pair in trial.pairs if pair.flipped)


def _changes(changes: Sequence[Change]) -> str:
    lines = [_change(change) for change in changes[:_CHANGES_SHOWN]]
    if len(changes) > _CHANGES_SHOWN:
        lines.append(f"and {len(changes) - _CHANGES_SHOWN} more")
    return "\n".join(lines)


def _change(change: Change) -> str:
    place = "agent" if change.turn is None else f"[{change.turn}]"
    return f"{place} {_quoted(change.before)} → {_quoted(change.after)}"


def _quoted(words: str) -> str:
    return f"“{_plain(words if len(words) <= _LONGEST else words[: _LONGEST - 1] + '…')}”"


def _share(share: Share) -> str:
    if share.value is None:
        return "–"
    ends = "" if share.low is None or share.high is None else f", {share.low:.0%}–{share.high:.0%}"
    return f"{_of(share)}\n{share.value:.0%}{ends}"


def _of(share: Share) -> str:
    return f"{share.flips} of {share.grades}"


def _shift(shift: Shift) -> str:
    return "–" if shift.mean is None else _signed(shift.mean, shift.low, shift.high, ".2f")


def _signed(value: float, low: float | None, high: float | None, form: str) -> str:
    """Return a difference over its interval, with a proper minus; nothing rounds to minus nought."""
    texts = [format(number + 0.0, f"+z{form}") for number in (value, low, high) if number is not None]
    texts = [text.replace("-", "−") for text in texts]
    return texts[0] if len(texts) < 3 else f"{texts[0]}\n{texts[1]} to {texts[2]}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number:,} {what}s"


def _plain(text: str) -> str:
    """Return text that cannot do anything to a terminal."""
    return "".join(character if character.isprintable() else "·" for character in text)
