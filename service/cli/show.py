"""Evaluations as a person wants to read them."""

from collections.abc import Callable, Sequence

from rich.table import Table
from rich.text import Text

from service.cli.in_context import in_short, shortened
from service.cli.output import console, print_table, printable
from service.domain.evaluation import Evaluation
from service.domain.facts import ContactFacts
from service.domain.grade import CoachingPoint, Flag, Grade


def show_evaluation(evaluation: Evaluation, name: str) -> None:
    """Print one evaluation under a name: score, flags, every grade with its evidence, facts, coaching."""
    out = console()
    out.print(printable(_headline(evaluation, name)), style="bold", soft_wrap=True)
    for flag in evaluation.flags:
        out.print(flagged(flag), style="bold red", soft_wrap=True)
    if evaluation.error is not None:
        out.print(f"  failed: {evaluation.error.detail}\n")
        return
    table = Table("Dimension", "Grade", show_lines=True)
    # Sentences without spaces are no words that may be cut.
    table.add_column("Why", overflow="fold")
    for grade in evaluation.grades:
        if grade.outcome != "ungraded":
            table.add_row(grade.dimension, _level(grade), _why(grade))
    if table.row_count:
        out.print(table)
    _show_ungraded(evaluation)
    if evaluation.facts is not None:
        out.print(printable(_facts(evaluation.facts)), soft_wrap=True)
    if evaluation.coaching is not None:
        _show_points("Strength", evaluation.coaching.strengths)
        _show_points("To improve", evaluation.coaching.improvements)
    out.print()


def show_summary(evaluations: Sequence[Evaluation]) -> None:
    """Print one line an evaluation, for many of them, and what they cost together where that is known.

    What something cost and how much of it is flagged are columns where any has such a thing.
    """
    costs = [cost for cost in map(_cost, evaluations) if cost is not None]
    columns: list[tuple[str, Callable[[Evaluation], object]]] = []
    if any(evaluation.flags for evaluation in evaluations):
        columns.append(("Flags", lambda evaluation: len(evaluation.flags) or None))
    if costs:
        columns.append(("Cost", lambda e: None if (cost := _cost(e)) is None else in_usd(cost)))
    rows = [
        (
            e.id,
            f"{e.scorecard.name}@{e.scorecard.revision}",
            e.status,
            *_score_cells(e),
            *(cell(e) for _, cell in columns),
        )
        for e in evaluations
    ]
    names = ("Conversation", "Scorecard", "Status", "Score", "Passed", "Graded", "Ungraded", "N/A")
    print_table((*names, *(name for name, _ in columns)), rows)
    if costs:
        console().print(f"Total cost: {in_usd(sum(costs))} for {len(costs)} of {len(rows)} evaluations")


def flagged(flag: Flag) -> str:
    """Return what is to be looked at and where, on one line."""
    where = f"in turn {flag.turn}" if flag.turn is not None else f"in reference text {flag.reference}"
    return f"{flag.kind.replace('_', ' ')} {where}: “{shortened(flag.quote)}”"


def in_usd(usd: float) -> str:
    """Return an amount as people write it; small ones with more digits."""
    return f"${usd:,.6f}" if 0 < usd < 0.01 else f"${usd:,.4f}"


def _score_cells(evaluation: Evaluation) -> tuple[object, ...]:
    score = evaluation.score
    if score is None:
        return ("", "", "", "", "")
    passed = {True: "yes", False: "no", None: ""}[score.passed]
    return (score.value, passed, score.graded, score.ungraded, score.not_applicable)


def _headline(evaluation: Evaluation, name: str) -> str:
    card = f"{evaluation.scorecard.name}@{evaluation.scorecard.revision}"
    grader = evaluation.provenance.grader if evaluation.provenance else "–"
    cost = _cost(evaluation)
    spent = "" if cost is None else f" · {in_usd(cost)}"
    return f"{name} · {card} · {grader} · {_score(evaluation)}{spent}"


def _cost(evaluation: Evaluation) -> float | None:
    return None if evaluation.usage is None else evaluation.usage.cost_usd


def _facts(facts: ContactFacts) -> str:
    known = {"urgency": facts.urgency, "resolved": facts.resolved}
    parts: list[str] = [facts.kind.value] if facts.kind else []
    parts += [f"{name} {fact.value}" for name, fact in known.items() if fact]
    parts += [f"outcome: {facts.outcome.text}"] if facts.outcome else []
    return f"Contact: {', '.join(parts) or 'nothing could be proved'}"


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
    confidence = "" if grade.confidence is None else f"\nconfidence {grade.confidence:.2f}"
    accepted = "\naccepted" if grade.disposition == "auto_accepted" else ""
    return printable(f"{grade.level} ({grade.points:g})") + confidence + accepted


def _why(grade: Grade) -> Text:
    text = Text(printable(grade.rationale or grade.not_applicable_reason or ""))
    for evidence in grade.evidence:
        text.append(f"\n{in_short(evidence)}", style="dim")
    if grade.absence is not None:
        ranges = ", ".join(f"{first}–{last}" for first, last in grade.absence.searched)
        looked_for = printable(grade.absence.looked_for)
        text.append(f"\nlooked for {looked_for} in turns {ranges}", style="dim")
    return text


def _show_ungraded(evaluation: Evaluation) -> None:
    reasons: dict[str, list[str]] = {}
    for grade in evaluation.grades:
        if grade.ungraded_reason is not None:
            reasons.setdefault(grade.ungraded_reason, []).append(grade.dimension)
    for reason, dimensions in reasons.items():
        console().print(f"Ungraded, {reason}: {', '.join(dimensions)}")


def _show_points(title: str, points: Sequence[CoachingPoint]) -> None:
    for point in points:
        quotes = " ".join(in_short(evidence) for evidence in point.evidence)
        console().print(f"{title} ({point.dimension}): {printable(point.text)} {quotes}")
