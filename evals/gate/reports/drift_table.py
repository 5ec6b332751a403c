"""Drift as a person reads it in a terminal."""

from evals.gate.drift import GIVEN, Drift, DriftReport
from evals.gate.reports import words
from service.cli.output import console, print_table

_COLUMNS = ("Dimension", "Conversations", "Lower", "Higher", "p", "Detectable", "Result")


def show_drift(report: DriftReport) -> None:
    """Print the tests, what changed about the grading, and what the figures leave open."""
    if report.changes:
        rows = [(c.what, words.listed(c.base), words.listed(c.new)) for c in report.changes]
        print_table(("What changed", "Base", "New"), rows)
    if report.dimensions:
        print_table(_COLUMNS, [_cells(one) for one in report.dimensions], title="Where grades moved")
    out = console()
    for sentence in notes(report):
        out.print(words.plain(sentence))


def notes(report: DriftReport) -> list[str]:
    """Return what the figures do and do not say."""
    drifted = [one for one in report.dimensions if one.drifted]
    verdict = [drift_sentence(one) for one in drifted]
    if not verdict and not report.is_mostly_missing:
        verdict = ["No certain drift."]
    known = sorted(one.detectable for one in report.dimensions if one.detectable is not None)
    if not known:
        power = f"{report.compared} conversations are too few to show any drift; 100 to 200 are a good set."
    else:
        power = (
            f"Detectable: in 4 of 5 tries this set shows that {words.figure(known[0], '.0%')} of the grades "
            "or more moved one way."
        )
    return [*report.notes, power, *verdict]


def drift_sentence(one: Drift) -> str:
    """Return what drifted and which way."""
    most = max(one.lower, one.higher)
    if one.dimension == GIVEN:
        what = "have fewer" if one.lower > one.higher else "have more"
        return f"{most} conversations {what} levels than before (p = {one.p_value:.3g})"
    way = "lower" if one.lower > one.higher else "higher"
    moved = one.lower + one.higher
    return f"{one.dimension}: of {moved} that moved {most} are {way} than before (p = {one.p_value:.3g})"


def _cells(one: Drift) -> tuple[object, ...]:
    return (
        one.dimension,
        one.n,
        one.lower,
        one.higher,
        words.p_value(one.p_value),
        words.figure(one.detectable, ".0%"),
        "drifted" if one.drifted else "cannot show any" if one.detectable is None else "no certain drift",
    )
