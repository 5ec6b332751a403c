"""Small invented scorecards and conversations that tests of several rooms use."""

from typing import Any

from service.domain.scorecard import Scorecard
from service.domain.transcript import RedactedConversation

YES_NO = {
    "type": "yes_no",
    "levels": [
        {"level": "no", "points": 0, "anchor": "It does not happen."},
        {"level": "yes", "points": 1, "anchor": "It happens."},
    ],
}


def dimension(name: str, **fields: Any) -> dict[str, Any]:
    """A yes/no dimension about the agent."""
    return {"id": name, "title": name, "question": f"Does the agent show {name}?", "scale": YES_NO, **fields}


def card(*dimensions: dict[str, Any], name: str = "test-card", **fields: Any) -> dict[str, Any]:
    """A card of one section."""
    return {
        "name": name,
        "title": "Test card",
        "language": "en",
        "languages": ["en"],
        "pass_mark": 50,
        "sections": [
            {"id": "all", "title": "All", "dimensions": list(dimensions) or [dimension("greeting")]},
        ],
        **fields,
    }


def make_card(*dimensions: dict[str, Any], **fields: Any) -> Scorecard:
    """`card` as a model."""
    return Scorecard.model_validate(card(*dimensions, **fields))


def conversation(*texts: str, **fields: Any) -> dict[str, Any]:
    """A conversation in English in which agent and customer take turns."""
    texts = texts or (
        "Hello, how can I help you?",
        "My parcel is late.",
        "I am sorry, it arrives today. Goodbye!",
    )
    turns = [{"speaker": ("agent", "customer")[n % 2], "text": text} for n, text in enumerate(texts)]
    return {"language": "en", "turns": turns, **fields}


def make_redacted(*texts: str, **fields: Any) -> RedactedConversation:
    """`conversation` as the model that graders take."""
    return RedactedConversation.model_validate(conversation(*texts, **fields))
