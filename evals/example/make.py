"""Composes the set from its parts: scripts, agents, clock times and constructed labels."""

import json
import random
from datetime import UTC, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from evals.example.draws import chance
from evals.example.raters import Sampled, labels_of
from evals.example.scale import card
from evals.example.script import Script, scripts

FIRST_DAY = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = 122
"""Conversations lie within four months, unless their words name a date."""

PLAN_FROM = FIRST_DAY + timedelta(days=40)
"""Earlier ones were labelled, as it were, before anybody planned what to label."""

_CORE, _FAILS = 0.3, 0.6
_CHARACTERS_PER_S = {"en": 15.0, "ru": 14.0, "zh": 4.5}


def lines() -> list[str]:
    """Return the lines of `conversations.jsonl`, without line ends."""
    return [json.dumps(entry(script), ensure_ascii=False) for script in scripts()]


def entry(script: Script) -> dict[str, Any]:
    """Return one line of the labelled set: the conversation, the labels, and the floors where it has any."""
    conversation = _conversation(script)
    started = datetime.fromisoformat(conversation["started_at"])
    labels = [
        label.model_dump(mode="json", exclude_none=True)
        for label in labels_of(script, card(), started, _sampled(script, started))
    ]
    floors = {"floors": script.floors} if script.floors else {}
    return {"conversation": conversation, "labels": labels, **floors}


def _conversation(script: Script) -> dict[str, Any]:
    random_of = chance(script.id, "conversation")
    agent = _agents()[script.agent]
    return {
        "external_id": script.id,
        "channel": script.channel,
        "language": script.language,
        "call_type": script.call_type,
        "direction": "inbound",
        "agent": {"id": script.agent, **agent},
        "started_at": _started_at(script, random_of),
        "metrics": _metrics(script, random_of),
        "turns": _turns(script, random_of),
    }


@cache
def _agents() -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = yaml.safe_load(
        (files(__package__) / "agents.yaml").read_text("utf-8")
    )
    return loaded


def _started_at(script: Script, random_of: random.Random) -> str:
    day = FIRST_DAY + timedelta(days=int(random_of.random() * DAYS))
    if script.day is not None:
        day = datetime.combine(script.day, time(), UTC)
    moment = day + timedelta(seconds=int((7 + 12 * random_of.random()) * 3600))
    return moment.isoformat()


def _metrics(script: Script, random_of: random.Random) -> dict[str, int]:
    held = [line.hold_s for line in script.lines if line.hold_s]
    return {
        "wait_s": int(random_of.random() * (90 if script.channel == "call" else 240)),
        "hold_s": sum(held),
        "transfers": 0,
        "wrap_up_s": int(10 + random_of.random() * 50),
    }


def _turns(script: Script, random_of: random.Random) -> list[dict[str, Any]]:
    if script.channel == "chat":
        return [{"speaker": line.speaker, "text": line.text} for line in script.lines]
    turns, clock = [], 0.4
    pace = _CHARACTERS_PER_S[script.language]
    for line in script.lines:
        start = clock + 0.3 + random_of.random() + line.hold_s + line.gap_s
        clock = start + 0.4 + len(line.text) / pace * (0.9 + 0.2 * random_of.random())
        times = {"start_s": round(start, 1), "end_s": round(clock, 1)}
        turns.append({"speaker": line.speaker, "text": line.text, **times})
    return turns


def _sampled(script: Script, started: datetime) -> Sampled | None:
    """Return the stratum that a plan would have drawn the conversation for; None before there was a plan."""
    if started < PLAN_FROM:
        return None
    fails = script.truth["identity_check"] == "no" or script.truth["resolution"] == "left_open"
    return Sampled("fails", _FAILS) if fails else Sampled("core", _CORE)
