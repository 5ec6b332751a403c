"""The signal about promises: what does the agent promise, and does every promise name a time?"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from service.domain.grade import Evidence
from service.domain.transcript import Language, RedactedConversation
from service.grading.signals.finding import Finding
from service.grading.signals.lexicon import lexicon
from service.grading.signals.memory import once_for
from service.grading.signals.quotes import in_context, telling
from service.grading.signals.speech import absent, quote, spoken_by

_QUESTION = re.compile(r"[^,.!?;:，。！？；：\n]{0,80}+[?？]")
"""The rest of a clause that asks: "will he call you?" promises nothing."""


class Promise(NamedTuple):
    """What the agent promises, and whether the sentence says by when."""

    said: Evidence
    timed: bool


def promises(conversation: RedactedConversation) -> Finding:
    """Weigh the share of the agent's promises that name a time. Without a promise there is nothing to weigh.
    Those without a time are quoted first.
    """
    language = conversation.language
    wording = lexicon(language).wording["promises"]
    agent = spoken_by(conversation, "agent")
    if not agent:
        return Finding(value=None, rationale=wording.unmeasurable)
    found = promised(conversation)
    if not found:
        absence = absent("promises", agent, language)
        return Finding(value=None, rationale=wording.missing, absence=absence)
    timed = sum(promise.timed for promise in found)
    return Finding(
        value=timed / len(found),
        rationale=wording.found.format(count=len(found), of=timed, turn=found[0].said.turn),
        evidence=telling(conversation, _shown(found)),
    )


def promised(conversation: RedactedConversation) -> list[Promise]:
    """Return the agent's promises, at most one a sentence, or a stretch of speech without punctuation."""
    return once_for(conversation, "promised", lambda: _promised(conversation))


def _promised(conversation: RedactedConversation) -> list[Promise]:
    language = conversation.language
    spans = lexicon(language).spans
    found = []
    for spoken in spoken_by(conversation, "agent"):
        covered = 0
        for start, end in spans("promises", spoken.turn.text):
            if start < covered or _QUESTION.match(spoken.turn.text, end):
                continue
            first, last = in_context(spoken.turn.text, start, end)
            covered = max(last, end)
            timed = _names_a_time(spoken.turn.text[first:last], language)
            found.append(Promise(quote(spoken, start, end), timed))
    return found


def _names_a_time(sentence: str, language: Language) -> bool:
    return next(lexicon(language).spans("time_named", sentence), None) is not None


def _shown(found: Iterable[Promise]) -> list[Evidence]:
    """Return three promises in the order of the conversation, those without a time before the others."""
    chosen = sorted(found, key=lambda promise: promise.timed)[:3]
    return sorted((p.said for p in chosen), key=lambda said: (said.turn, said.start))
