"""Signals about time and about who holds the floor."""

from collections.abc import Sequence
from typing import NamedTuple

from service.domain.transcript import RedactedConversation
from service.grading.signals.finding import Finding
from service.grading.signals.lexicon import lexicon
from service.grading.signals.speech import (
    Spoken,
    absent,
    amount,
    falling,
    quote_beginning,
    spoken_by,
    total_amount,
)

SHORT_SILENCE_S = 5.0
"""Longest silence, in seconds, up to which the value is 1."""

LONG_SILENCE_S = 20.0
"""Longest silence, in seconds, from which on the value is 0."""

BALANCED_SHARE = (0.35, 0.65)
"""Shares of the agent between which the value is 1."""

ONE_SIDED_SHARE = (0.15, 0.85)
"""Shares of the agent at and beyond which the value is 0."""


class Silence(NamedTuple):
    """`seconds` in which nobody speaks, between two turns."""

    seconds: float
    before: Spoken
    after: Spoken


class Timed(NamedTuple):
    """A turn whose beginning and end, in seconds, are known."""

    start: float
    end: float
    spoken: Spoken


def dead_air(conversation: RedactedConversation) -> Finding:
    """Weigh the longest silence between two turns; see `SHORT_SILENCE_S` and `LONG_SILENCE_S`. It does not
    tell who kept silent, nor whether the customer had been asked to hold.
    """
    words = lexicon(conversation.language)
    wording = words.wording["dead_air"]
    turns = timeline(conversation)
    if turns is None:
        return Finding(value=None, rationale=wording.unmeasurable)
    longest = max(silences(turns), key=lambda silence: silence.seconds, default=None)
    if longest is None:
        searched = sorted(timed.spoken for timed in turns)
        absence = absent("dead_air", searched, conversation.language)
        return Finding(value=1, rationale=wording.missing, absence=absence)
    rationale = wording.found.format(
        seconds=words.number(longest.seconds, 1),
        before=longest.before.position,
        after=longest.after.position,
    )
    value = falling(longest.seconds, SHORT_SILENCE_S, LONG_SILENCE_S)
    evidence = (quote_beginning(longest.before), quote_beginning(longest.after))
    return Finding(value=value, rationale=rationale, evidence=evidence)


def timeline(conversation: RedactedConversation) -> list[Timed] | None:
    """Return the spoken turns in the order of time, or None when the beginning or the end of any is unknown,
    when all of them are zero, or when there are fewer than two.
    """
    spoken = spoken_by(conversation, "agent", "customer", "bot")
    turns = [
        Timed(s.turn.start_s, s.turn.end_s, s)
        for s in spoken
        if s.turn.start_s is not None and s.turn.end_s is not None
    ]
    if len(turns) < max(2, len(spoken)) or not any(timed.end for timed in turns):
        return None
    return sorted(turns, key=lambda timed: (timed.start, timed.spoken.position))


def silences(turns: Sequence[Timed]) -> list[Silence]:
    """Return the gaps between turns that are in the order of time. What a longer turn covers is no gap."""
    gaps = []
    last = turns[0]
    for timed in turns[1:]:
        if timed.start > last.end:
            gaps.append(Silence(timed.start - last.end, last.spoken, timed.spoken))
        if timed.end >= last.end:
            last = timed
    return gaps


def talk_share(conversation: RedactedConversation) -> Finding:
    """Weigh the agent's share of all words (characters in Chinese) that the agent and the customer say; see
    `BALANCED_SHARE` and `ONE_SIDED_SHARE`. The evidence is the agent's longest turn.
    """
    language = conversation.language
    words = lexicon(language)
    wording = words.wording["talk_share"]
    share = agent_share(conversation)
    if share is None:
        return Finding(value=None, rationale=wording.unmeasurable)
    longest = max(spoken_by(conversation, "agent"), key=lambda s: amount(s.turn.text, language))
    return Finding(
        value=_balance(share),
        rationale=wording.found.format(percent=words.number(100 * share)),
        evidence=(quote_beginning(longest),),
    )


def agent_share(conversation: RedactedConversation) -> float | None:
    """Return the agent's share of the words, or None when one of the two sides says nothing."""
    agent = total_amount(spoken_by(conversation, "agent"), conversation.language)
    customer = total_amount(spoken_by(conversation, "customer"), conversation.language)
    return agent / (agent + customer) if agent and customer else None


def _balance(share: float) -> float:
    too_little = falling(-share, -BALANCED_SHARE[0], -ONE_SIDED_SHARE[0])
    too_much = falling(share, BALANCED_SHARE[1], ONE_SIDED_SHARE[1])
    return min(too_little, too_much)
