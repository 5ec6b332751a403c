"""What stands beside the grades: flags, facts of the contact, coaching, observations, figures."""

from collections.abc import Iterator, Sequence

from service.cli.in_context import in_short, searched, shortened, show_marked
from service.cli.page import Page
from service.cli.show import flagged
from service.domain.evaluation import RedactedTurn
from service.domain.facts import ContactFacts
from service.domain.grade import CoachingPoint, Evidence, Flag, Observation
from service.usecases.explain import Explanation

_FACTS = {
    "kind": "Kind",
    "urgency": "Urgency",
    "resolved": "Resolved",
    "outcome": "Outcome",
    "agent_promises": "Promised",
    "customer_liked": "Liked",
    "customer_asked_for": "Asked for",
}

Fact = tuple[str, str, tuple[Evidence, ...]]


def show_flags(page: Page, explanation: Explanation) -> None:
    """Write what a person should look at first, where it was said."""
    flags = explanation.evaluation.flags
    if not flags:
        return
    page.heading(f"Look at this first: {len(flags)} flagged", style="bold red")
    for flag in flags:
        _show_flag(page, flag, explanation.evaluation.turns)


def show_facts(page: Page, explanation: Explanation) -> None:
    """Write what the contact was about, each fact with the words that show it."""
    facts = explanation.evaluation.facts
    if facts is None:
        return
    page.heading("What the contact was about")
    for name, words, evidence in facts_of(facts):
        page.fields([(name, words)])
        _show_quotes(page, evidence)
    if facts.unproved:
        page.fields([("Left out", f"without proof: {', '.join(_FACTS[name] for name in facts.unproved)}")])


def facts_of(facts: ContactFacts) -> Iterator[Fact]:
    """Yield each fact that is known: what it is called, what it says, and its quotes."""
    for one in ("kind", "urgency", "resolved"):
        fact = getattr(facts, one)
        if fact is not None:
            yield _FACTS[one], fact.value, fact.evidence
    if facts.outcome is not None:
        yield _FACTS["outcome"], facts.outcome.text, facts.outcome.evidence
    for several in ("agent_promises", "customer_liked", "customer_asked_for"):
        for fact in getattr(facts, several):
            yield _FACTS[several], fact.text, fact.evidence


def show_coaching(page: Page, explanation: Explanation) -> None:
    """Write what to praise and what to improve."""
    coaching = explanation.evaluation.coaching
    if coaching is None or not (coaching.strengths or coaching.improvements or coaching.unproved):
        return
    page.heading("Coaching")
    _show_points(page, "Strength", coaching.strengths)
    _show_points(page, "To improve", coaching.improvements)
    if coaching.unproved:
        page.fields([("Left out", f"{coaching.unproved} proposed with words that were not said")])


def show_observations(page: Page, explanation: Explanation) -> None:
    """Write what rules measured, one line each, and what to say instead of what was said."""
    evaluation = explanation.evaluation
    if not evaluation.observations:
        return
    page.heading("Measured by rules (1 is the good end)")
    for observation in evaluation.observations:
        _show_observation(page, observation, evaluation.turns)


def show_figures(page: Page, explanation: Explanation) -> None:
    """Write the figures of the conversation."""
    figures = {
        name: value for name, value in (explanation.evaluation.signals or {}).items() if value is not None
    }
    if figures:
        page.heading("Figures")
        page.line("; ".join(f"{name} {value:g}" for name, value in figures.items()), indent=1)


def _show_flag(page: Page, flag: Flag, turns: Sequence[RedactedTurn] | None) -> None:
    page.line(flagged(flag), indent=1, style="red")
    if turns is None or flag.turn is None or flag.turn >= len(turns):
        return
    start = turns[flag.turn].text.find(flag.quote)
    if start >= 0:
        show_marked(page, turns, {flag.turn: [(start, start + len(flag.quote))]}, indent=2)


def _show_points(page: Page, title: str, points: Sequence[CoachingPoint]) -> None:
    for point in points:
        page.fields([(title, f"{point.text} ({point.dimension})")])
        _show_quotes(page, point.evidence)


def _show_quotes(page: Page, evidence: Sequence[Evidence]) -> None:
    for piece in evidence:
        page.line(in_short(piece), indent=8, style="dim")


def _show_observation(page: Page, observation: Observation, turns: Sequence[RedactedTurn] | None) -> None:
    value = "–" if observation.value is None else f"{observation.value:.2f}"
    proof = " ".join(in_short(piece) for piece in observation.evidence[:1])
    if observation.absence is not None:
        proof = f"searched {searched(observation.absence, None if turns is None else len(turns))}"
    said = f"{observation.signal}: {observation.rationale} {proof}".rstrip()
    page.line(said, indent=1, first=f"{value:>4}  ")
    for suggestion in observation.suggestions:
        instead = f"instead of “{shortened(suggestion.said)}” say “{suggestion.instead}”"
        page.line(f"[{suggestion.turn}] {instead}", indent=4)
