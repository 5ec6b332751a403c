"""The whole explanation of one evaluation."""

from collections.abc import Callable
from datetime import datetime

from rich.console import Console

from service.cli.explaining.contact import (
    show_coaching,
    show_facts,
    show_figures,
    show_flags,
    show_observations,
)
from service.cli.explaining.grades import show_grades
from service.cli.explaining.origin import show_origin, show_redaction
from service.cli.explaining.score import show_score
from service.cli.in_context import show_turns
from service.cli.page import Page
from service.domain.evaluation import Evaluation
from service.usecases.explain import Explanation

_PARTS: tuple[Callable[[Page, Explanation], None], ...] = (
    show_flags,
    show_score,
    show_grades,
    show_facts,
    show_coaching,
    show_observations,
    show_figures,
    show_redaction,
    show_origin,
)
_NOT_YET = {
    "queued": "It waits for a worker: nothing is graded yet.",
    "running": "A worker is grading it: there is no result yet.",
    "cancelled": "It was cancelled: there is no result.",
}


def show_explanation(explanation: Explanation, console: Console, *, turns: bool = False) -> None:
    """Write everything that is known of the evaluation, with its whole conversation when `turns` is set."""
    page, evaluation = Page(console), explanation.evaluation
    page.line(f"Evaluation {evaluation.id}: {evaluation.status}", style="bold")
    _show_subject(page, explanation)
    if evaluation.error is not None:
        page.heading("Failed", style="bold red")
        page.line(f"{evaluation.error.detail} ({evaluation.error.type})", indent=1)
    elif evaluation.status in _NOT_YET:
        page.heading(_NOT_YET[evaluation.status], style="bold")
    if evaluation.status == "completed":
        for show in _PARTS:
            show(page, explanation)
    else:
        show_redaction(page, explanation)
    if turns and evaluation.turns is not None:
        page.heading("Conversation")
        show_turns(page, evaluation.turns)


def _show_subject(page: Page, explanation: Explanation) -> None:
    evaluation, card = explanation.evaluation, explanation.scorecard
    size = None if evaluation.turns is None else f"{len(evaluation.turns)} turns"
    kind = (evaluation.direction, evaluation.channel, evaluation.call_type, evaluation.language, size)
    page.fields(
        [
            ("Conversation", evaluation.external_id),
            ("Kind", ", ".join(str(value) for value in kind if value)),
            ("Agent", _agent(evaluation)),
            ("Took place", _moment(evaluation.started_at)),
            ("Accepted", _moment(evaluation.created_at)),
            ("Finished", _moment(evaluation.completed_at)),
            ("Scorecard", f"{card.name}@{evaluation.scorecard.revision}, {card.scorecard.title}"),
        ]
    )


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _agent(evaluation: Evaluation) -> str | None:
    if evaluation.agent is None:
        return None
    return ", team ".join(part for part in (evaluation.agent.id, evaluation.agent.team) if part)
