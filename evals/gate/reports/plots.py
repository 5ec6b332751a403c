"""Where the marks of a plot stand, in hundredths of its width and height; the template draws them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evals.gate.judgement import OVERALL, Comparison, Reliability, RunReport
from evals.gate.reports.cells import column_of, overall_of
from evals.gate.reports.words import figure, with_interval
from service.domain.agreement import Confusion, Estimate
from service.domain.scorecard import LevelValue

_SHADES = 9
_LOWEST_QWK = (0.0, -0.25, -0.5, -1.0)


@dataclass(frozen=True, slots=True)
class Mark:
    """A figure on a strip: whose it is (`base`, `new` or `people`), where, and its interval if it has one."""

    kind: str
    at: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Strip:
    """One row of a strip plot. `lines` say the same in words, for those who do not see it."""

    name: str
    marks: tuple[Mark, ...]
    lines: tuple[str, ...]
    worse: bool = False


@dataclass(frozen=True, slots=True)
class StripPlot:
    """Rows over one axis; `ticks` are the axis' labels at equal distances."""

    strips: tuple[Strip, ...]
    ticks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A count in a confusion matrix. `shade` is 0 to 9 by its share of the row; `same`: both agree."""

    count: int
    shade: int
    same: bool


@dataclass(frozen=True, slots=True)
class Matrix:
    """A confusion matrix: one row for each answer of people."""

    answers: tuple[LevelValue, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A bin of a reliability diagram, in hundredths from the left and from the top."""

    across: float
    down: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Diagram:
    """The reliability diagram of one dimension. `text` says the same in words."""

    name: str
    points: tuple[Point, ...]
    text: str


def distance_plot(comparison: Comparison) -> StripPlot:
    """Return the distance from people before and after, for each test."""
    values = [value for test in comparison.tests for value in (test.base, test.new) if value is not None]
    top = next((end for end in (0.2, 0.4, 0.6, 0.8) if max(values, default=0) <= end), 1.0)
    strips = []
    for test in comparison.tests:
        both = (("base", test.base), ("new", test.new))
        marks = tuple(Mark(kind, 100 * value / top) for kind, value in both if value is not None)
        text = f"{figure(test.base, '.3f')} → {figure(test.new, '.3f')}"
        strips.append(Strip(test.dimension, marks, (text,), test.worse))
    return StripPlot(tuple(strips), _ticks(0.0, top))


def agreement_plot(report: RunReport, base: RunReport | None) -> StripPlot:
    """Return each dimension's QWK with its interval, beside the older run's and people's among themselves."""
    rows = [(one.dimension, _three(one.dimension, report, base)) for one in report.agreement]
    rows.insert(0, (OVERALL, _two(report, base)))
    known = [e for _, three in rows for e in three.values() if e.value is not None]
    ends = [value for e in known for value in (e.value, e.low) if value is not None]
    lowest = next((low for low in _LOWEST_QWK if min(ends, default=0.0) >= low), -1.0)
    strips = tuple(
        Strip(name, tuple(_marks(three, lowest)), _lines(three))
        for name, three in rows
        if any(e.value is not None for e in three.values())
    )
    return StripPlot(strips, _ticks(lowest, 1.0))


def _three(dimension: str, report: RunReport, base: RunReport | None) -> dict[str, Estimate]:
    """Return QWK by whose it is. What people reach among themselves comes first: it is drawn behind."""
    found: dict[str, Estimate] = {}
    for kind, run in (("base", base), ("new", report)):
        one = next((a for a in run.agreement if a.dimension == dimension), None) if run else None
        column = column_of(one, run) if one and run else None
        if one and one.ceiling and kind == "new":
            found = {"people": one.ceiling.qwk} | found
        if column is not None:
            found[kind] = column.qwk
    return found


def _two(report: RunReport, base: RunReport | None) -> dict[str, Estimate]:
    found = (("base", overall_of(base) if base else None), ("new", overall_of(report)))
    return {kind: figures.qwk for kind, figures in found if figures is not None}


def _marks(three: dict[str, Estimate], lowest: float) -> Iterable[Mark]:
    for kind, estimate in three.items():
        if estimate.value is not None:
            ends = (estimate.value, estimate.low, estimate.high)
            at, low, high = (None if end is None else _share(end, lowest) for end in ends)
            yield Mark(kind, at or 0.0, low, high)


def _share(value: float, lowest: float) -> float:
    return min(100.0, max(0.0, 100 * (value - lowest) / (1 - lowest)))


def _lines(three: dict[str, Estimate]) -> tuple[str, ...]:
    names = {"base": "base", "new": "new" if "base" in three else "run", "people": "people"}
    return tuple(f"{name} {with_interval(three[kind])}" for kind, name in names.items() if kind in three)


def _ticks(low: float, high: float) -> tuple[str, ...]:
    """Return labels at round numbers: quarters, or halves where the axis is long; four gaps from 0 on."""
    gaps = 4 if not low else round((high - low) / (0.25 if high - low < 1.5 else 0.5))
    return tuple(figure(low + (high - low) * place / gaps, ".3g") for place in range(gaps + 1))


def matrix(confusion: Confusion) -> Matrix:
    """Return a confusion matrix, shaded by rows: what became of each answer of people."""
    rows = []
    for row, counts in enumerate(confusion.counts):
        total = sum(counts)
        shades = [round(_SHADES * count / total) if total else 0 for count in counts]
        cells = zip(counts, shades, strict=True)
        rows.append(tuple(Cell(n, shade, row == column) for column, (n, shade) in enumerate(cells)))
    return Matrix(confusion.answers, tuple(rows))


def diagrams(reliability: Sequence[Reliability]) -> list[Diagram]:
    """Return a reliability diagram for each dimension that has one."""
    return [_diagram(one) for one in reliability if one.bins]


def _diagram(one: Reliability) -> Diagram:
    points = []
    words = []
    for part in one.bins:
        agreed = part.agreed
        if agreed.value is None:
            continue
        low, high = (None if end is None else 100 - 100 * end for end in (agreed.low, agreed.high))
        points.append(Point(100 * part.confidence, 100 - 100 * agreed.value, low, high))
        words.append(f"confidence {figure(part.confidence)}: {agreed.value:.0%} of {part.n} agreed")
    return Diagram(one.dimension, tuple(points), "; ".join(words))
