"""A small invented card and conversation that the tests of grading share."""

from typing import Any

from service.domain.scorecard import Scorecard
from service.domain.transcript import RedactedConversation
from service.grading.port import ChatRequest
from service.grading.schema import answer_schema
from service.grading.scripted import well_formed_answer

YES_NO = {
    "type": "yes_no",
    "levels": [
        {"level": "no", "points": 0, "anchor": "It was not done."},
        {"level": "yes", "points": 1, "anchor": "It was done."},
    ],
}
ORDINAL = {
    "type": "ordinal",
    "levels": [
        {"level": 1, "points": 0, "anchor": "Not at all."},
        {"level": 2, "points": 0.5, "anchor": "In part."},
        {"level": 3, "points": 1, "anchor": "Fully.", "label": "fully"},
    ],
}


def a_dimension(name: str = "greeting", **changes: Any) -> dict[str, Any]:
    return {
        "id": name,
        "title": name.title(),
        "question": f"Is there {name}?",
        "about": "agent",
        "scale": YES_NO,
        **changes,
    }


def a_card(*dimensions: dict[str, Any], language: str = "en", **changes: Any) -> Scorecard:
    sections = [{"id": "main", "title": "Main", "weight": 10, "dimensions": list(dimensions)}]
    content = {
        "name": "small",
        "title": "A small card",
        "language": language,
        "languages": ["en"],
        "pass_mark": 50,
        "sections": sections,
        **changes,
    }
    return Scorecard.model_validate(content)


def three_dimensions() -> Scorecard:
    """Greeting (yes/no, about the agent), needs (1–3, agent), mood (yes/no, customer, may not apply)."""
    return a_card(
        a_dimension("greeting"),
        a_dimension("needs", scale=ORDINAL, weight=2),
        a_dimension("mood", about="customer", not_applicable="The customer says nothing."),
    )


def a_conversation(*turns: tuple[str, str], **changes: Any) -> RedactedConversation:
    said = turns or (
        ("agent", "Good morning, this is <PERSON_1>. How can I help?"),
        ("customer", "My parcel has not come,\nand I am getting worried."),
        ("agent", "Let me look. It left on Monday."),
        ("customer", "Thank you, that is a relief."),
    )
    content = {"language": "en", "turns": [{"speaker": s, "text": t} for s, t in said], **changes}
    return RedactedConversation.model_validate(content)


GOOD_GRADES = {
    "greeting": ("yes", 0, "Good morning"),
    "needs": (2, 2, "Let me look."),
    "mood": ("yes", 3, "that is a relief"),
}


def good_answer(**other: Any) -> str:
    return well_formed_answer({**GOOD_GRADES, **other})


def a_request(system: str = "You grade.", user: str = "[0] agent: Hello there.") -> ChatRequest:
    return ChatRequest(system, user, answer_schema(three_dimensions().dimensions))
