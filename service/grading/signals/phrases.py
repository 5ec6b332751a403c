"""Signals that look for something the agent should say once: 1 when it is said, 0 when it is not."""

from collections.abc import Sequence
from itertools import groupby, islice
from typing import Literal

from service.domain.transcript import Language, RedactedConversation
from service.grading.signals.finding import Finding
from service.grading.signals.lexicon import lexicon
from service.grading.signals.quotes import telling
from service.grading.signals.speech import Spoken, absent, search, spoken_by, total_amount

INBOUND_GREETING = 1
"""An inbound conversation is greeted in the agent's first contribution: turns with no word of the customer
between them are one.
"""

OUTBOUND_GREETING = 2
"""An outbound one, whose first contribution often only asks for the right person, is greeted in two."""

SHORT_CONTRIBUTION: dict[Language, int] = {"en": 10, "ru": 10, "zh": 15}
"""Where the direction is not known, the second contribution may hold the greeting if the first has at most
this many words, characters in Chinese: enough to ask for somebody, while more is the matter itself.
"""

OPENING_TURNS = 3
"""A greeting and an introduction are looked for in this many turns of the agent from the beginning."""

CLOSING_TURNS = 3
"""A farewell is looked for in this many turns of the agent from the end, and never in the agent's first turn
when there are others: "thank you for calling" greets there.
"""

PhraseSignal = Literal["greeting", "self_introduction", "closing", "thanks", "empathy", "apology"]

_ENOUGH_PHRASES = 60
"""Phrases that are looked at for quotes: many may stand in one sentence."""


def greeting(conversation: RedactedConversation) -> Finding:
    """Tell whether the agent greets the customer at once; see `INBOUND_GREETING`, `OUTBOUND_GREETING` and
    `SHORT_CONTRIBUTION`.
    """
    first = _contributions(conversation, INBOUND_GREETING)
    is_short = total_amount(first, conversation.language) <= SHORT_CONTRIBUTION[conversation.language]
    if conversation.direction == "outbound" or (conversation.direction is None and is_short):
        first = _contributions(conversation, OUTBOUND_GREETING)
    return _look_for("greeting", conversation, first[:OPENING_TURNS])


def self_introduction(conversation: RedactedConversation) -> Finding:
    """Tell whether the agent introduces themselves by name in the opening turns, unasked."""
    finding = _look_for("self_introduction", conversation, _agent(conversation)[:OPENING_TURNS])
    if not finding.evidence:
        return finding
    before = [s for s in spoken_by(conversation, "customer") if s.position < finding.evidence[0].turn]
    question = next(search(before, "asks_name", conversation.language), None)
    if not question:
        return finding
    wording = lexicon(conversation.language).wording["self_introduction"]
    rationale = wording.asked_for.format(turn=finding.evidence[0].turn, before=question.turn)
    return Finding(value=0, rationale=rationale, evidence=finding.evidence)


def closing(conversation: RedactedConversation) -> Finding:
    """Tell whether the agent takes leave in the closing turns."""
    turns = _agent(conversation)
    return _look_for("closing", conversation, (turns[1:] or turns)[-CLOSING_TURNS:])


def thanks(conversation: RedactedConversation) -> Finding:
    """Tell whether the agent thanks the customer anywhere."""
    return _look_for("thanks", conversation, _agent(conversation))


def empathy(conversation: RedactedConversation) -> Finding:
    """Tell whether the agent uses words of empathy anywhere, but not whether they were called for."""
    return _look_for("empathy", conversation, _agent(conversation))


def apology(conversation: RedactedConversation) -> Finding:
    """Tell whether the agent apologises anywhere. It does not tell whether there was something to apologise
    for.
    """
    return _look_for("apology", conversation, _agent(conversation))


def _agent(conversation: RedactedConversation) -> Sequence[Spoken]:
    return spoken_by(conversation, "agent")


def _contributions(conversation: RedactedConversation, count: int) -> list[Spoken]:
    """Return the turns of the agent's first contributions to the conversation."""
    both = groupby(spoken_by(conversation, "agent", "customer"), key=lambda spoken: spoken.turn.speaker)
    own = (list(turns) for speaker, turns in both if speaker == "agent")
    return [spoken for turns in islice(own, count) for spoken in turns]


def _look_for(name: PhraseSignal, conversation: RedactedConversation, turns: Sequence[Spoken]) -> Finding:
    language = conversation.language
    wording = lexicon(language).wording[name]
    if not turns:
        return Finding(value=None, rationale=wording.unmeasurable)
    found = telling(conversation, islice(search(turns, name, language), _ENOUGH_PHRASES))
    if found:
        return Finding(value=1, rationale=wording.found.format(turn=found[0].turn), evidence=found)
    edge = turns[0] if name == "closing" else turns[-1]
    rationale = wording.missing.format(turn=edge.position)
    return Finding(value=0, rationale=rationale, absence=absent(name, turns, language))
