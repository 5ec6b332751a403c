"""The signal about phrases that help no customer ("that's not my problem"), and what to say instead."""

from collections.abc import Iterable
from itertools import islice

from service.domain.grade import Evidence, Replacement
from service.domain.transcript import Language, RedactedConversation
from service.grading.signals.finding import Finding, band
from service.grading.signals.lexicon import PhraseList, lexicon
from service.grading.signals.quotes import telling
from service.grading.signals.speech import absent, search, spoken_by

SPARED_PHRASES = 1
"""Unhelpful phrases up to which the value is one half; beyond it, 0; with none, 1."""

MAX_REPLACEMENTS = 10
"""Replacements that one signal suggests at most."""


def forbidden_words(conversation: RedactedConversation) -> Finding:
    """Weigh how many unhelpful phrases the agent uses; see `SPARED_PHRASES`. Each comes with what to say
    instead.
    """
    language = conversation.language
    wording = lexicon(language).wording["forbidden_words"]
    agent = spoken_by(conversation, "agent")
    if not agent:
        return Finding(value=None, rationale=wording.unmeasurable)
    found = list(search(agent, "forbidden_words", language))
    if not found:
        return Finding(value=1, rationale=wording.missing, absence=absent("forbidden_words", agent, language))
    return Finding(
        value=band(False, len(found) <= SPARED_PHRASES),
        rationale=wording.found.format(count=len(found), turn=found[0].turn),
        evidence=telling(conversation, found),
        suggestions=replacements(conversation, found, "forbidden_words", language),
    )


def replacements(
    conversation: RedactedConversation, pieces: Iterable[Evidence], name: PhraseList, language: Language
) -> tuple[Replacement, ...]:
    """Return what to say instead of each of `pieces`, for which the list has it; the same words once."""
    first: dict[str, Evidence] = {}
    for piece in pieces:
        first.setdefault(piece.quote.casefold(), piece)
    known = (
        Replacement(turn=piece.turn, said=piece.quote, instead=instead)
        for piece in first.values()
        if (instead := lexicon(language).instead(name, conversation.turns[piece.turn].text, piece.start))
    )
    return tuple(islice(known, MAX_REPLACEMENTS))
