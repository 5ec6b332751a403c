"""Evaluations as a person wants to read them."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from service.cli.output import console, print_table
from service.domain.evaluation import Evaluation
from service.domain.grade import CoachingPoint, Evidence, Grade

_QUOTE = 90


def show_evaluation(evaluation: Evaluation, name: str) -> None:
    """Print one evaluation under a name: score, every grade with its evidence, coaching."""
    out = console()
    out.print(_headline(evaluation, name), style="bold", soft_wrap=True)
    if evaluation.error is not None:
        out.print(f"  failed: {evaluation.error.detail}\n")
        return
    table = Table("Dimension", "Grade", "Why", show_lines=True)
    for grade in evaluation.grades:
        if grade.outcome != "ungraded":
            table.add_row(grade.dimension, _level(grade), _why(grade))
    if table.row_count:
        out.print(table)
    _show_ungraded(evaluation)
    if evaluation.coaching is not None:
        _show_points("Strength", evaluation.coaching.strengths)
        _show_points("To improve", evaluation.coaching.improvements)
    out.print()


def show_summary(evaluations: Sequence[Evaluation]) -> None:
    """Print one line an evaluation, for many of them."""
    rows = [
        (e.id, f"{e.scorecard.name}@{e.scorecard.revision}", e.status, *_score_cells(e)) for e in evaluations
    ]
    print_table(("Conversation", "Scorecard", "Status", "Score", "Passed", "Graded", "Ungraded", "N/A"), rows)


def _score_cells(evaluation: Evaluation) -> tuple[object, ...]:
    score = evaluation.score
    if score is None:
        return ("", "", "", "", "")
    passed = {True: "yes", False: "no", None: ""}[score.passed]
    return (score.value, passed, score.graded, score.ungraded, score.not_applicable)


def _headline(evaluation: Evaluation, name: str) -> str:
    card = f"{evaluation.scorecard.name}@{evaluation.scorecard.revision}"
    grader = evaluation.provenance.grader if evaluation.provenance else "–"
    return f"{name} · {card} · {grader} · {_score(evaluation)}"


def _score(evaluation: Evaluation) -> str:
    score = evaluation.score
    if score is None:
        return evaluation.status
    if score.value is None:
        return "nothing could be graded"
    total = score.graded + score.ungraded + score.not_applicable
    if score.auto_failed_by:
        verdict = f"failed by {score.auto_failed_by}"
    elif score.passed is None:
        verdict = "no verdict, less than half of the card is graded"
    else:
        verdict = "passed" if score.passed else "not passed"
    return f"{score.value:g} of 100 over {score.graded} of {total} dimensions: {verdict}"


def _level(grade: Grade) -> str:
    if grade.outcome == "not_applicable":
        return "n/a"
    return f"{grade.level} ({grade.points:g})"


def _why(grade: Grade) -> Text:
    text = Text(grade.rationale or grade.not_applicable_reason or "")
    for evidence in grade.evidence:
        text.append(f"\n{_quote(evidence)}", style="dim")
    if grade.absence is not None:
        ranges = ", ".join(f"{first}–{last}" for first, last in grade.absence.searched)
        text.append(f"\nlooked for {grade.absence.looked_for} in turns {ranges}", style="dim")
    return text


def _quote(evidence: Evidence) -> str:
    quote = evidence.quote if len(evidence.quote) <= _QUOTE else evidence.quote[: _QUOTE - 1] + "…"
    return f"[{evidence.turn}] {evidence.speaker}: “{quote}”"


def _show_ungraded(evaluation: Evaluation) -> None:
    reasons: dict[str, list[str]] = {}
    for grade in evaluation.grades:
        if grade.ungraded_reason is not None:
            reasons.setdefault(grade.ungraded_reason, []).append(grade.dimension)
    for reason, dimensions in reasons.items():
        console().print(f"Ungraded, {reason}: {', '.join(dimensions)}")


def _show_points(title: str, points: Sequence[CoachingPoint]) -> None:
    for point in points:
        quotes = " ".join(_quote(evidence) for evidence in point.evidence)
        console().print(f"{title} ({point.dimension}): {point.text} {quotes}")
