"""Columns and cells of the tables that several reports show."""

from evals.gate.judgement import OVERALL, LossTest, RunReport, Threshold
from evals.gate.reports.words import NOTHING, figure, p_value, result, signed, threshold_result, with_interval
from service.domain.agreement import Agreement, DimensionAgreement, OverallFigures

TEST_COLUMNS = (
    "Dimension",
    "Conversations",
    "Base",
    "New",
    "Change",
    "Farther, nearer",
    "p",
    "Detectable",
    "Result",
)
"""Of tests. "Detectable" is the smallest growth that would be noticed in 4 of 5 tries."""


def test_cells(test: LossTest) -> tuple[object, ...]:
    """Return the cells of one test."""
    return (
        test.dimension,
        test.n,
        figure(test.base, ".3f"),
        figure(test.new, ".3f"),
        signed(test.change),
        f"{test.farther}, {test.nearer}",
        p_value(test.adjusted),
        figure(test.detectable, ".3f"),
        result(test),
    )


AGREEMENT_COLUMNS = ("Dimension", "Items", "Exact", "QWK", "AC2", "People: QWK", "Ungraded")


def agreement_rows(report: RunReport) -> list[tuple[object, ...]]:
    """Return a row for each dimension's agreement with people, and one over all of several first."""
    rows = [_agreement_row(one, report) for one in report.agreement]
    whole = overall_of(report)
    if whole is not None:
        figures = map(with_interval, (whole.exact, whole.qwk, whole.ac2))
        rows.insert(0, (OVERALL, whole.exact.n, *figures, NOTHING, NOTHING))
    return rows


def overall_of(report: RunReport) -> OverallFigures | None:
    """Return the figures over all dimensions, None where only one has labels enough."""
    if len(report.overall.dimensions) < 2:
        return None
    return next((one for name, one in report.overall.columns.items() if name == report.source.grader), None)


def _agreement_row(one: DimensionAgreement, report: RunReport) -> tuple[object, ...]:
    column = column_of(one, report)
    figures = (None, None, None) if column is None else (column.exact, column.qwk, column.ac2)
    ceiling = with_interval(one.ceiling.qwk if one.ceiling else None)
    ungraded = figure(report.ungraded.get(one.dimension), ".0%")
    return (one.dimension, column.n if column else 0, *map(with_interval, figures), ceiling, ungraded)


def column_of(one: DimensionAgreement, report: RunReport) -> Agreement | None:
    """Return the agreement of the run's own grader."""
    return next((found for name, found in one.columns.items() if name == report.source.grader), None)


THRESHOLD_COLUMNS = ("Dimension", "Figure", "At least", "Is", "Result")


def threshold_cells(threshold: Threshold) -> tuple[object, ...]:
    """Return the cells of one threshold."""
    return (
        threshold.dimension,
        threshold.figure,
        f"{threshold.asked:g}",
        with_interval(threshold.found),
        threshold_result(threshold),
    )
