"""An invented scorecard and invented conversations for tests of evaluation runs."""

import json
from pathlib import Path

CARD = """
name: one-question
title: One question
language: en
languages: [en, ru, zh]
pass_mark: 75
sections:
  - id: all
    title: All
    weight: 1
    dimensions:
      - id: helpful
        title: Helpful
        question: Does the agent help?
        about: agent
        weight: 1
        not_applicable: Nobody asked for anything.
        scale:
          type: ordinal
          levels:
            - {level: 1, points: 0, anchor: The agent does not help at all.}
            - {level: 2, points: 0.5, anchor: The agent helps in part.}
            - {level: 3, points: 1, anchor: The agent solves what the customer asked for.}
      - id: polite
        title: Polite
        question: Is the agent polite?
        about: agent
        weight: 1
        scale:
          type: yes_no
          levels:
            - {level: "no", points: 0, anchor: The agent is rude.}
            - {level: "yes", points: 1, anchor: The agent is polite.}
"""


def conversation(number: int, **more: object) -> dict[str, object]:
    turns = [
        {"speaker": "agent", "text": f"Good day, this is order desk {number}."},
        {"speaker": "customer", "text": "The parcel is not here."},
        {"speaker": "agent", "text": "I am sorry, I will send it again."},
    ]
    return {"external_id": f"order-{number}", "channel": "chat", "language": "en", "turns": turns, **more}


def record(number: int, **more: object) -> dict[str, object]:
    labels = [
        {"dimension": "helpful", "rater": "r1", "level": 1 + number % 3},
        {"dimension": "helpful", "rater": "r2", "level": 1 + number % 3},
        {"dimension": "polite", "rater": "r1", "level": "yes"},
    ]
    return {"conversation": conversation(number), "labels": labels, **more}


def write_set(path: Path, records: list[object]) -> Path:
    path.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in records), "utf-8")
    return path
