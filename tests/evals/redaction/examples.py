"""Small invented examples that tests of this room share."""

from evals.redaction.example import Example, Span
from service.domain.transcript import Conversation, Turn


def example(*texts: str, spans: tuple[Span, ...] = (), neutral: tuple[Span, ...] = ()) -> Example:
    """An English conversation with its personal data."""
    turns = tuple(Turn(speaker="customer", text=text) for text in texts)
    return Example("test", Conversation(language="en", turns=turns), spans, neutral)
