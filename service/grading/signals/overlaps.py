"""The signal about talking over one another: how often does the agent begin while the customer speaks?"""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from service.domain.transcript import RedactedConversation
from service.grading.signals.finding import Finding, band
from service.grading.signals.lexicon import lexicon
from service.grading.signals.quotes import MAX_QUOTES, quote_beginning
from service.grading.signals.speech import absent, spoken_by
from service.grading.signals.timing import Timed, timeline
from service.grading.signals.words import is_bare

OVERLAP_S = 0.3
"""A turn that begins this many seconds before another speaker ends counts as an overlap; less is a quick
answer or the inaccuracy of the timestamps.
"""

SPARED_OVERLAPS = 1
"""Times that the agent speaks over the customer up to which the value is 1."""

MANY_OVERLAPS = 0.2
"""Share of the agent's turns begun over the customer from which on the value is 0; below it, one half."""


class Overlap(NamedTuple):
    """A turn, and the one of another speaker that begins before it ends."""

    covered: Timed
    over: Timed


def overlaps(conversation: RedactedConversation) -> Finding:
    """Weigh how often the agent begins to speak over the customer; see `SPARED_OVERLAPS` and `MANY_OVERLAPS`.
    A mere "yes" or "mhm" of a listener does not count.
    """
    language = conversation.language
    wording = lexicon(language).wording["overlaps"]
    turns = timeline(conversation)
    agent = spoken_by(conversation, "agent")
    if conversation.channel == "chat" or turns is None or not agent:
        rationale = wording.in_chat if conversation.channel == "chat" else wording.unmeasurable
        return Finding(value=None, rationale=rationale)
    found = [pair.over.spoken for pair in overlapping(turns) if _is_agent_over_customer(pair)]
    found = sorted(spoken for spoken in found if not is_bare(spoken, language))
    if not found:
        return Finding(value=1, rationale=wording.missing, absence=absent("overlaps", agent, language))
    return Finding(
        value=band(len(found) <= SPARED_OVERLAPS, len(found) / len(agent) < MANY_OVERLAPS),
        rationale=wording.found.format(count=len(found), turn=found[0].position),
        evidence=tuple(map(quote_beginning, islice(found, MAX_QUOTES))),
    )


def overlapping(turns: Sequence[Timed]) -> list[Overlap]:
    """Return the turns that begin more than `OVERLAP_S` before another speaker ends; `turns` are in the order
    of time.
    """
    found, last = [], turns[0]
    for timed in turns[1:]:
        other = timed.spoken.turn.speaker != last.spoken.turn.speaker
        if other and last.end - timed.start > OVERLAP_S:
            found.append(Overlap(last, timed))
        if timed.end >= last.end:
            last = timed
    return found


def _is_agent_over_customer(pair: Overlap) -> bool:
    speakers = (pair.covered.spoken.turn.speaker, pair.over.spoken.turn.speaker)
    return speakers == ("customer", "agent")
