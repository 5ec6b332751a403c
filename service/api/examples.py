"""Requests that work as they stand: the OpenAPI document shows them, a test posts them."""

from typing import Any

_CONVERSATION: dict[str, Any] = {
    "external_id": "crm-881",
    "channel": "call",
    "language": "en",
    "call_type": "billing",
    "direction": "inbound",
    "agent": {"id": "a-17", "team": "north"},
    "started_at": "2026-11-02T10:15:00Z",
    "metrics": {"wait_s": 41, "hold_s": 0, "transfers": 0, "wrap_up_s": 25},
    "turns": [
        {
            "speaker": "agent",
            "text": "Good morning, thank you for calling. How can I help you?",
            "start_s": 0.0,
            "end_s": 3.2,
        },
        {
            "speaker": "customer",
            "text": "Hi, I was charged twice this month. My card is 4111 1111 1111 1111.",
            "start_s": 3.9,
            "end_s": 9.1,
        },
        {
            "speaker": "agent",
            "text": "I am sorry about that. I see the second charge and have refunded it today.",
            "start_s": 10.0,
            "end_s": 15.4,
        },
        {"speaker": "customer", "text": "Great, thank you.", "start_s": 16.0, "end_s": 17.2},
        {
            "speaker": "agent",
            "text": "You are welcome. Is there anything else? Have a good day, goodbye.",
            "start_s": 17.9,
            "end_s": 21.5,
        },
    ],
}

EVALUATION_REQUEST: dict[str, Any] = {"conversation": _CONVERSATION, "scorecard": "inbound-service"}

CALIBRATION_REQUEST: dict[str, Any] = {"scorecard": "inbound-service", "activate": False}

ERASURE_REQUEST: dict[str, Any] = {"external_id": "crm-640"}

LABELS_REQUEST: dict[str, Any] = {
    "labels": [
        {
            "conversation": "crm-881",
            "scorecard": "inbound-service",
            "dimension": "greeting",
            "rater": "r1",
            "level": "yes",
            "rationale": "Greets in the first turn.",
            "blind": True,
            "created_at": "2026-11-03T09:00:00Z",
        }
    ]
}

REDACTION_REQUEST: dict[str, Any] = {"conversation": _CONVERSATION}

RESEND_REQUEST: dict[str, Any] = {"status": "dead"}

REVIEW_REQUEST: dict[str, Any] = {
    "reviewer": "r1",
    "verdicts": [
        {"dimension": "greeting", "verdict": "accept"},
        {"dimension": "listening", "verdict": "overrule", "level": 3, "reason": "Nothing is asked twice."},
    ],
}

CLAIM_REQUEST: dict[str, Any] = {"by": "r1", "minutes": 45}

APPEAL_REQUEST: dict[str, Any] = {
    "dimension": "greeting",
    "by": "a-17",
    "reason": "I greeted the customer in my first words.",
    "quote": {"turn": 0, "text": "Good morning, thank you for calling."},
}

COMMENT_REQUEST: dict[str, Any] = {"by": "r9", "text": "I will listen to it again."}

WITHDRAWAL_REQUEST: dict[str, Any] = {"by": "a-17"}

DECISION_REQUEST: dict[str, Any] = {
    "by": "r9",
    "verdict": "rejected",
    "reason": "The grade counts the greeting already.",
}

SESSION_REQUEST: dict[str, Any] = {
    "name": "November round",
    "evaluations": ["crm-881"],
    "raters": ["r1", "r2"],
    "expert": "r9",
}

ANSWERS_REQUEST: dict[str, Any] = {
    "rater": "r1",
    "answers": [
        {
            "evaluation": "crm-881",
            "dimension": "greeting",
            "level": "yes",
            "rationale": "Greets in the first turn.",
        }
    ],
}

SCORECARD: dict[str, Any] = {
    "name": "short-check",
    "title": "Short check",
    "language": "en",
    "languages": ["en"],
    "applies_to": {"call_type": ["short-check"]},
    "pass_mark": 60,
    "sections": [
        {
            "id": "opening",
            "title": "Opening",
            "weight": 100,
            "dimensions": [
                {
                    "id": "greeting",
                    "title": "Greeting",
                    "question": "Does the agent greet the customer at the start?",
                    "about": "agent",
                    "scale": {
                        "type": "yes_no",
                        "levels": [
                            {"level": "no", "points": 0, "anchor": "No greeting in the agent's first turns."},
                            {"level": "yes", "points": 1, "anchor": "A greeting in the agent's first turns."},
                        ],
                    },
                    "signals": ["greeting"],
                }
            ],
        }
    ],
}
