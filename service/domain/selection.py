"""Which scorecard a conversation is graded on when the request names none."""

from collections.abc import Iterable

from service.domain.errors import NoFittingScorecard
from service.domain.scorecard import ScorecardRevision
from service.domain.transcript import Conversation, Language


def choose_scorecard(
    conversation: Conversation, language: Language, published: Iterable[ScorecardRevision]
) -> ScorecardRevision:
    """Return the one that fits best: the tenant's own before built-in ones, then the one that assumes the
    least about what the conversation does not say, then the most specific one.

    Raises NoFittingScorecard, naming the candidates, when none fits or several fit equally well.
    """
    published = list(published)
    ranked = [(rank, card) for card in published if (rank := _rank(card, conversation, language)) is not None]
    if not ranked:
        raise NoFittingScorecard(sorted(card.name for card in published), tie=False)
    best = max(rank for rank, _ in ranked)
    winners = [card for rank, card in ranked if rank == best]
    if len(winners) > 1:
        raise NoFittingScorecard(sorted(card.name for card in winners), tie=True)
    return winners[0]


def _rank(
    card: ScorecardRevision, conversation: Conversation, language: Language
) -> tuple[bool, int, int] | None:
    """Return (own, −conditions it is silent on, conditions met), or None when it does not fit."""
    if language not in card.scorecard.languages:
        return None
    conditions = card.scorecard.applies_to
    met = unknown = 0
    for field in ("channel", "direction", "call_type"):
        allowed, actual = getattr(conditions, field), getattr(conversation, field)
        if allowed is None:
            continue
        if actual is None:
            unknown += 1
        elif actual in allowed:
            met += 1
        else:
            return None
    return not card.builtin, -unknown, met
