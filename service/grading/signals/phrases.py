"""Signals that look for something the agent should say once: 1 when it is said, 0 when it is not."""

from collections.abc import Sequence
from itertools import islice
from typing import Literal

from service.domain.transcript import RedactedConversation
from service.grading.signals.finding import Finding
from service.grading.signals.lexicon import lexicon
from service.grading.signals.speech import Spoken, absent, search, spoken_by

OPENING_TURNS = 3
"""A greeting and an introduction are looked for in this many turns of the agent from the beginning."""

CLOSING_TURNS = 3
"""A farewell is looked for in this many turns of the agent from the end, and never in the agent's first turn
when there are others: "thank you for calling" greets there.
"""

PhraseSignal = Literal["greeting", "self_introduction", "closing", "thanks", "empathy", "apology"]


def greeting(conversation: RedactedConversation) -> Finding:
    """Tell whether the agent greets the customer in the opening turns."""
    return _look_for("greeting", conversation, _opening(_agent(conversation)))


def self_introduction(conversation: RedactedConversation) -> Finding:
    """Tell whether the agent introduces themselves by name in the opening turns."""
    return _look_for("self_introduction", conversation, _opening(_agent(conversation)))


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


def _agent(conversation: RedactedConversation) -> list[Spoken]:
    return spoken_by(conversation, "agent")


def _opening(turns: Sequence[Spoken]) -> Sequence[Spoken]:
    return turns[:OPENING_TURNS]


def _look_for(name: PhraseSignal, conversation: RedactedConversation, turns: Sequence[Spoken]) -> Finding:
    language = conversation.language
    wording = lexicon(language).wording[name]
    if not turns:
        return Finding(value=None, rationale=wording.unmeasurable)
    found = tuple(islice(search(turns, name, language), 3))
    if found:
        return Finding(value=1, rationale=wording.found.format(turn=found[0].turn), evidence=found)
    edge = turns[0] if name == "closing" else turns[-1]
    rationale = wording.missing.format(turn=edge.position)
    return Finding(value=0, rationale=rationale, absence=absent(name, turns, language))
