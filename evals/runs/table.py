"""A run's figures for people."""

from evals.runs.summary import DimensionSummary, RunSummary
from service.cli.output import console, print_table, printable
from service.cli.show import in_usd
from service.domain.agreement import Agreement, Estimate


def show_summary(summary: RunSummary) -> None:
    """Write the figures of a run to standard output."""
    console().print(_headline(summary), soft_wrap=True)
    labelled = any(one.agreement for one in summary.dimensions)
    columns = ["dimension", "graded", "n/a", "ungraded"]
    columns += ["unstable"] * (summary.repeats > 1) + ["n", "exact", "QWK"] * labelled
    print_table(columns, [_row(one, summary, labelled=labelled) for one in summary.dimensions])
    for line in _below(summary):
        console().print(line, soft_wrap=True)


def _headline(summary: RunSummary) -> str:
    counts = [f"{summary.conversations} conversations", f"{summary.completed} completed"]
    for word, count in (
        ("failed", summary.failed),
        ("not usable", summary.unusable),
        ("left ungraded", summary.left_out),
    ):
        counts += [f"{count} {word}"] if count else []
    return f"{printable(summary.scorecard)} with {summary.grader}: {', '.join(counts)}"


def _row(one: DimensionSummary, summary: RunSummary, *, labelled: bool) -> list[object]:
    cells: list[object] = [
        one.dimension,
        one.graded,
        one.not_applicable or "",
        sum(one.ungraded.values()) or "",
    ]
    if summary.repeats > 1:
        cells.append("" if one.unstable is None else _share(one.unstable))
    if labelled:
        figures = _figures(one, summary)
        cells += ["", "", ""] if figures is None else [figures.n, _share(figures.exact), _number(figures.qwk)]
    return cells


def _figures(one: DimensionSummary, summary: RunSummary) -> Agreement | None:
    columns = {} if one.agreement is None else one.agreement.columns
    return next((columns[name] for name in columns if name == summary.grader), None)


def _below(summary: RunSummary) -> list[str]:
    lines = []
    reasons: dict[str, int] = {}
    for one in summary.dimensions:
        for reason, count in one.ungraded.items():
            reasons[reason] = reasons.get(reason, 0) + count
    if reasons:
        lines.append(f"ungraded: {_counted(reasons)}")
    if summary.failures:
        lines.append(f"failed: {_counted(summary.failures)}")
    if summary.unstable is not None:
        lines.append(f"unstable over {summary.repeats} repeats: {_share(summary.unstable)} of all answers")
    if summary.requests:
        cost = "cost not known" if summary.cost_usd is None else in_usd(summary.cost_usd)
        lines.append(f"{summary.requests:,} requests, {summary.tokens:,} tokens, {cost}")
    return lines


def _counted(reasons: dict[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in reasons.items())


def _share(figure: Estimate) -> str:
    if figure.value is None:
        return "–"
    interval = "" if figure.low is None or figure.high is None else f" [{figure.low:.0%}, {figure.high:.0%}]"
    return f"{figure.value:.1%}{interval}"


def _number(figure: Estimate) -> str:
    if figure.value is None:
        return "–"
    interval = "" if figure.low is None or figure.high is None else f" [{figure.low:.2f}, {figure.high:.2f}]"
    return f"{figure.value:.2f}{interval}"
