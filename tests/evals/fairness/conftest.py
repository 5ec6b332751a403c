from collections.abc import Callable

import pytest

from evals.fairness.rewriting import Variant
from evals.fairness.subject import Subject, subject_of
from evals.fairness.swaps import varied
from redaction import Policy
from service.domain.transcript import Agent, Conversation, Turn
from service.usecases.redact import redact_conversation


def subject(language: str, *texts: str, agent: str | None = None) -> Subject:
    """Agent and customer in turns, the agent first."""
    turns = tuple(Turn(speaker=("agent", "customer")[i % 2], text=text) for i, text in enumerate(texts))
    who = Agent(id="a-1", name=agent) if agent else None
    conversation = Conversation(language=language, turns=turns, agent=who)
    return subject_of(conversation, redact_conversation(Policy(), conversation))


@pytest.fixture
def texts() -> Callable[..., list[str]]:
    """Returns the texts of a conversation after a swap."""

    def swapped(swap: str, language: str, *said: str, agent: str | None = None, seed: int = 0) -> list[str]:
        return [
            turn.text for turn in variant(swap, language, *said, agent=agent, seed=seed).conversation.turns
        ]

    return swapped


def variant(swap: str, language: str, *said: str, agent: str | None = None, seed: int = 0) -> Variant:
    return varied(subject(language, *said, agent=agent), swap, seed)
