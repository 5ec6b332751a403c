"""The judgement as a person reads it in a terminal."""

from collections.abc import Sequence

from evals.gate.judgement import Comparison, Judgement, RunReport, Threshold
from evals.gate.reports import cells, words
from service.cli.output import console, print_table

_FLIPS_SHOWN = 10
_REASON = 140


def show(judgement: Judgement) -> None:
    """Print tests, agreement, what was asked for, flips, and the verdict last."""
    if judgement.comparison is not None:
        _show_comparison(judgement.comparison)
    _show_agreement(judgement.new)
    _show_asked(judgement.new)
    if judgement.comparison is not None:
        _show_flips(judgement.comparison)
    out = console()
    for note in _notes(judgement):
        out.print(words.plain(note))
    out.print(_verdict(judgement), style="bold")


def _notes(judgement: Judgement) -> Sequence[str]:
    comparison = judgement.comparison
    alone = (*words.agreement_notes(judgement.new), *judgement.new.notes)
    if comparison is None:
        return alone
    about = (*words.power_sentences(comparison), *words.stability_sentences(comparison))
    return (*about, *comparison.notes, *alone)


def _verdict(judgement: Judgement) -> str:
    if judgement.outcome == "failed":
        return f"Failed, for {len(judgement.failures)} reason{'s' if len(judgement.failures) > 1 else ''}."
    if judgement.outcome == "unmeasured":
        return "Neither passed nor failed: too little was measured."
    missed = _missed(judgement.new.thresholds)
    if judgement.comparison is None:
        return f"{missed[0].upper()}{missed[1:]}."
    return f"Passed: no certain loss, and {missed}."


def _missed(asked: Sequence[Threshold]) -> str:
    skipped = sum(not threshold.judged for threshold in asked)
    if skipped:
        return f"nothing that was judged is missed, {skipped} of {len(asked)} thresholds could not be judged"
    return "nothing that was asked for is missed"


def _show_comparison(comparison: Comparison) -> None:
    if comparison.changes:
        rows = [(c.what, words.listed(c.base), words.listed(c.new)) for c in comparison.changes]
        print_table(("What changed", "Base", "New"), rows)
    if comparison.tests:
        title = "Distance from people, 0 (their answer) to 1"
        print_table(cells.TEST_COLUMNS, [cells.test_cells(test) for test in comparison.tests], title=title)


def _show_agreement(report: RunReport) -> None:
    rows = cells.agreement_rows(report)
    if rows:
        title = "Agreement of the run with people, and of people with each other, with 95 % intervals"
        title += words.of_repeats(report)
        print_table(cells.AGREEMENT_COLUMNS, rows, title=title)


def _show_asked(report: RunReport) -> None:
    rows = [cells.threshold_cells(threshold) for threshold in report.thresholds]
    if rows:
        print_table(cells.THRESHOLD_COLUMNS, rows, title=f"Asked for{words.of_repeats(report)}")
    broken = [floor for floor in report.floors if floor.broken]
    if report.floors:
        console().print(f"{len(report.floors) - len(broken)} of {len(report.floors)} floors hold.")
    if broken:
        rows = [(words.plain(f.conversation), f.dimension, words.plain(f.why)) for f in broken]
        print_table(("Conversation", "Dimension", "Broken"), rows, title="Broken floors")


def _show_flips(comparison: Comparison) -> None:
    found = comparison.flips
    if not found:
        console().print(f"No answer flipped in {comparison.compared} conversations.")
        return
    rows = [
        (
            words.plain(flip.conversation),
            flip.dimension,
            f"{words.arrow(flip)}\npeople: {words.people(flip)}\n{words.effect(flip)}",
            f"was: {words.reason(flip.base, _REASON)}\nis: {words.reason(flip.new, _REASON)}",
        )
        for flip in found[:_FLIPS_SHOWN]
    ]
    title = f"First {len(rows)} of {len(found)} flips" if len(found) > len(rows) else f"{len(found)} flips"
    print_table(("Conversation", "Dimension", "Answer", "Why"), rows, title=title)
