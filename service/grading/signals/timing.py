"""Signals about time and about who holds the floor."""

from collections.abc import Sequence
from typing import NamedTuple

from service.domain.transcript import Language, RedactedConversation
from service.grading.signals.finding import Finding, band
from service.grading.signals.lexicon import lexicon
from service.grading.signals.memory import once_for
from service.grading.signals.questions import ends_in_a_question
from service.grading.signals.quotes import quote_beginning
from service.grading.signals.speech import Spoken, absent, amount, spoken_by, total_amount
from service.grading.signals.words import is_bare

SHORT_SILENCE_S = 10.0
"""Longest silence, in seconds, up to which the value is 1."""

LONG_SILENCE_S = 30.0
"""Longest silence, in seconds, up to which the value is one half; beyond it, 0."""

FAIR_SHARE = 2 / 3
"""Share of the agent up to which the value is 1. No share is too small."""

LARGE_SHARE = 4 / 5
"""Share of the agent up to which the value is one half; beyond it, 0."""

FEWEST_TURNS = 6
"""Turns that it takes to speak of shares."""


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
    """Weigh the longest silence between two turns that the agent leaves unexplained; see `SHORT_SILENCE_S`
    and `LONG_SILENCE_S`.
    """
    words = lexicon(conversation.language)
    wording = words.wording["dead_air"]
    turns = timeline(conversation)
    if conversation.channel == "chat" or turns is None:
        rationale = wording.in_chat if conversation.channel == "chat" else wording.unmeasurable
        return Finding(value=None, rationale=rationale)
    longest = max(unexplained(turns, conversation.language), key=lambda gap: gap.seconds, default=None)
    if longest is None:
        searched = sorted(timed.spoken for timed in turns)
        absence = absent("dead_air", searched, conversation.language)
        return Finding(value=1, rationale=wording.missing, absence=absence)
    rationale = wording.found.format(
        seconds=words.number(longest.seconds, 1),
        before=longest.before.position,
        after=longest.after.position,
    )
    value = band(longest.seconds <= SHORT_SILENCE_S, longest.seconds <= LONG_SILENCE_S)
    evidence = (quote_beginning(longest.before), quote_beginning(longest.after))
    return Finding(value=value, rationale=rationale, evidence=evidence)


def unexplained(turns: Sequence[Timed], language: Language) -> list[Silence]:
    """Return the silences without those after a question of the agent that the customer answers, and without
    those that the agent announced with a reason, to which the customer may have said "okay".
    """
    order = {timed.spoken.position: place for place, timed in enumerate(turns)}
    found = []
    for silence in silences(turns):
        place = order[silence.before.position]
        agreed = silence.before.turn.speaker == "customer" and is_bare(silence.before, language)
        last = turns[place - 1].spoken if agreed and place else silence.before
        if not (_waits_for_customer(silence, language) or _is_announced(last, language)):
            found.append(silence)
    return found


def _waits_for_customer(silence: Silence, language: Language) -> bool:
    speakers = (silence.before.turn.speaker, silence.after.turn.speaker)
    return speakers == ("agent", "customer") and ends_in_a_question(silence.before, language)


def _is_announced(spoken: Spoken, language: Language) -> bool:
    announcements = lexicon(language).spans("announced_wait", spoken.turn.text)
    return spoken.turn.speaker == "agent" and next(announcements, None) is not None


def timeline(conversation: RedactedConversation) -> list[Timed] | None:
    """Return the spoken turns in the order of time, or None when the beginning or the end of any is unknown,
    when all of them are zero, or when there are fewer than two.
    """
    return once_for(conversation, "timeline", lambda: _timeline(conversation))


def _timeline(conversation: RedactedConversation) -> list[Timed] | None:
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
            # Milliseconds: 16.1 - 6.1 is a little more than 10.
            gaps.append(Silence(round(timed.start - last.end, 3), last.spoken, timed.spoken))
        if timed.end >= last.end:
            last = timed
    return gaps


def talk_share(conversation: RedactedConversation) -> Finding:
    """Weigh the agent's share of all words (characters in Chinese) that the agent and the customer say; see
    `FAIR_SHARE` and `LARGE_SHARE`. The evidence is the agent's longest turn.
    """
    language = conversation.language
    words = lexicon(language)
    wording = words.wording["talk_share"]
    share = agent_share(conversation)
    if share is None or len(spoken_by(conversation, "agent", "customer")) < FEWEST_TURNS:
        return Finding(value=None, rationale=wording.unmeasurable)
    longest = max(spoken_by(conversation, "agent"), key=lambda s: amount(s.turn.text, language))
    return Finding(
        value=band(share <= FAIR_SHARE, share <= LARGE_SHARE),
        rationale=wording.found.format(percent=words.number(100 * share)),
        evidence=(quote_beginning(longest),),
    )


def agent_share(conversation: RedactedConversation) -> float | None:
    """Return the agent's share of the words, or None when one of the two sides says nothing."""
    agent = total_amount(spoken_by(conversation, "agent"), conversation.language)
    customer = total_amount(spoken_by(conversation, "customer"), conversation.language)
    return agent / (agent + customer) if agent and customer else None
