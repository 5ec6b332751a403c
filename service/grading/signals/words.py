"""Signals that count words the agent had better leave out."""

from collections.abc import Iterator
from itertools import islice, pairwise

from service.domain.grade import Evidence
from service.domain.transcript import Language, RedactedConversation
from service.grading.signals.finding import Finding
from service.grading.signals.lexicon import lexicon
from service.grading.signals.speech import (
    Spoken,
    absent,
    falling,
    quote_beginning,
    search,
    spoken_by,
    total_amount,
)

FEW_FILLERS = 2.0
"""Filler words per 100 words (characters in Chinese) up to which the value is 1."""

MANY_FILLERS = 8.0
"""Filler words per 100 words (characters in Chinese) from which on the value is 0."""

FEW_BARE_REPLIES = 0.05
"""Share of the agent's replies that may be a bare word before the value falls below 1."""

MANY_BARE_REPLIES = 0.30
"""Share of the agent's replies from which on the value is 0."""

_LONGEST_BARE_REPLY = 40


def filler_words(conversation: RedactedConversation) -> Finding:
    """Weigh the agent's filler words per 100 words; see `FEW_FILLERS` and `MANY_FILLERS`."""
    language = conversation.language
    wording = lexicon(language).wording["filler_words"]
    agent = spoken_by(conversation, "agent")
    said = total_amount(agent, language)
    if not said:
        return Finding(value=None, rationale=wording.unmeasurable)
    found = list(fillers(agent, language))
    if not found:
        return Finding(value=1, rationale=wording.missing, absence=absent("filler_words", agent, language))
    rate = 100 * len(found) / said
    rationale = wording.found.format(count=len(found), rate=lexicon(language).number(rate, 1))
    return Finding(
        value=falling(rate, FEW_FILLERS, MANY_FILLERS), rationale=rationale, evidence=tuple(found[:3])
    )


def fillers(agent: list[Spoken], language: Language) -> Iterator[Evidence]:
    """Yield the filler words in the agent's turns. A turn that is nothing but "hmm" is an answer instead."""
    return search((s for s in agent if not is_bare(s, language)), "filler_words", language)


def rude_words(conversation: RedactedConversation) -> Finding:
    """Tell whether the agent insults or dismisses the customer: 0 when they do it once, else 1."""
    language = conversation.language
    wording = lexicon(language).wording["rude_words"]
    agent = spoken_by(conversation, "agent")
    if not agent:
        return Finding(value=None, rationale=wording.unmeasurable)
    found = list(search(agent, "rude_words", language))
    if not found:
        return Finding(value=1, rationale=wording.missing, absence=absent("rude_words", agent, language))
    rationale = wording.found.format(count=len(found), turn=found[0].turn)
    return Finding(value=0, rationale=rationale, evidence=tuple(found[:3]))


def one_word_answers(conversation: RedactedConversation) -> Finding:
    """Weigh the share of the agent's replies to the customer that are a bare word such as "yes"; see
    `FEW_BARE_REPLIES` and `MANY_BARE_REPLIES`.
    """
    language = conversation.language
    wording = lexicon(language).wording["one_word_answers"]
    answers = _replies(conversation)
    if not answers:
        return Finding(value=None, rationale=wording.unmeasurable)
    bare = [spoken for spoken in answers if is_bare(spoken, language)]
    if not bare:
        return Finding(
            value=1, rationale=wording.missing, absence=absent("one_word_answers", answers, language)
        )
    share = len(bare) / len(answers)
    rationale = wording.found.format(
        count=len(bare), of=len(answers), percent=lexicon(language).number(100 * share)
    )
    value = falling(share, FEW_BARE_REPLIES, MANY_BARE_REPLIES)
    return Finding(value=value, rationale=rationale, evidence=tuple(map(quote_beginning, islice(bare, 3))))


def is_bare(spoken: Spoken, language: Language) -> bool:
    """Return whether a turn is nothing but a word like "yes" or "okay", once or a few times."""
    text = spoken.turn.text.strip()
    if len(text) > _LONGEST_BARE_REPLY:
        return False
    rest, at = "", 0
    for start, end in lexicon(language).spans("one_word_answers", text):
        rest, at = rest + text[at:start], end
    return at > 0 and not any(character.isalnum() for character in rest + text[at:])


def _replies(conversation: RedactedConversation) -> list[Spoken]:
    spoken = spoken_by(conversation, "agent", "customer", "bot")
    return [
        after
        for before, after in pairwise(spoken)
        if (before.turn.speaker, after.turn.speaker) == ("customer", "agent")
    ]
