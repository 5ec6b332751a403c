"""Swaps of dialect: markers of a variety put into one speaker's turns, or taken out of them."""

import random

from evals.fairness.rewriting import Edit, Swap
from evals.fairness.rules import edits_by_rules
from evals.fairness.subject import Subject
from evals.fairness.words import Rule, dialects
from service.domain.transcript import Language, Speaker


def dialect_swaps(language: Language) -> dict[str, Swap]:
    """Return a swap for each variety of a language and each of the two speakers, by name."""
    return {
        f"dialect-{variety}-{speaker}": _swap(rules, speaker)
        for variety, rules in dialects()[language].items()
        for speaker in ("agent", "customer")
    }


def _swap(rules: tuple[Rule, ...], speaker: Speaker) -> Swap:
    def swap(subject: Subject, chance: random.Random) -> list[Edit]:
        return list(edits_by_rules(subject, subject.turns_of(speaker), rules, chance))

    return swap
