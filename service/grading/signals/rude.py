"""The signal about insults: which words are beyond doubt aimed at the customer, and which may be meant so?

A grade of 0 can fail a whole conversation, so it takes more than a listed word: the insult must be a clause
of its own ("You idiot!"), in which nothing else is said, and nothing beside it may say that it is told, sung
or a joke. Every other listed word is shown to people and left to a reader.
"""

from collections.abc import Iterable
from typing import NamedTuple

from service.domain.grade import Evidence
from service.domain.transcript import Language, RedactedConversation
from service.grading.signals.finding import Finding
from service.grading.signals.forbidden import replacements
from service.grading.signals.lexicon import lexicon
from service.grading.signals.memory import once_for
from service.grading.signals.quotes import telling
from service.grading.signals.speech import Spoken, absent, quote, spoken_by

INSULT_STRENGTH = 0.7
"""Strength of the evidence of an insult, below that of other quotes: whom it is meant for stays a guess."""

_NEARBY = 80
"""Characters before and after an insult in which it may be said that it is somebody else's."""

# Quotation marks are not among them: what stands in them is quoted, and so is what follows a colon.
_SENTENCE_ENDS = frozenset(".!?…\n。！？｡")
_CLAUSE_ENDS = _SENTENCE_ENDS | frozenset(",;—–，；、")


class Rudeness(NamedTuple):
    """What is rude beyond doubt, and what may be; each in the order of the conversation."""

    insults: list[Evidence]
    doubtful: list[Evidence]


def rude_words(conversation: RedactedConversation) -> Finding:
    """Tell whether the agent insults, mocks or swears at the customer: 0 when they do it once beyond doubt,
    1 when no listed word is found, and no value where only a reader can tell.
    """
    language = conversation.language
    wording = lexicon(language).wording["rude_words"]
    agent = spoken_by(conversation, "agent")
    if not agent:
        return Finding(value=None, rationale=wording.unmeasurable)
    insults, doubtful = rudeness(conversation)
    found = insults or doubtful
    if not found:
        return Finding(value=1, rationale=wording.missing, absence=absent("rude_words", agent, language))
    said = wording.found if insults else wording.doubtful
    return Finding(
        value=0 if insults else None,
        rationale=said.format(count=len(found), turn=found[0].turn),
        evidence=telling(conversation, found),
        suggestions=replacements(conversation, found, "rude_words" if insults else "perhaps_rude", language),
        strength=INSULT_STRENGTH if insults else None,
    )


def rudeness(conversation: RedactedConversation) -> Rudeness:
    """Return what the agent says that is an insult, and what may be one."""
    return once_for(conversation, "rudeness", lambda: _rudeness(conversation))


def _rudeness(conversation: RedactedConversation) -> Rudeness:
    language = conversation.language
    insults: list[Evidence] = []
    doubtful: list[Evidence] = []
    for spoken in spoken_by(conversation, "agent"):
        sure, unsure = _in_turn(spoken, language)
        insults += (quote(spoken, *span) for span in sure)
        doubtful += (quote(spoken, *span) for span in unsure)
    return Rudeness(insults, doubtful)


def _in_turn(spoken: Spoken, language: Language) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    text, spans = spoken.turn.text, lexicon(language).spans
    clauses = [span for span in spans("rude_words", text) if _is_a_clause(text, *span)]
    told = {span for span in clauses if _is_told(text, *span, language)}
    doubtful = sorted(told | set(spans("perhaps_rude", text)))
    return [span for span in clauses if span not in told], _without_overlaps(doubtful)


def _is_a_clause(text: str, start: int, end: int) -> bool:
    """Return whether nothing but the words from `start` to `end` stands between two marks of punctuation, one
    of which ends a sentence: between two commas the words may be a name or a quotation.
    """
    before, after = (
        text[max(0, start - _NEARBY) : start].rstrip(" \t"),
        text[end : end + _NEARBY].lstrip(" \t"),
    )
    # Far from any word there is no telling; at the edge of the turn a sentence ends.
    marks = {before[-1] if before else "." if start <= _NEARBY else " "}
    marks.add(after[0] if after else "." if len(text) - end <= _NEARBY else " ")
    return marks <= _CLAUSE_ENDS and bool(marks & _SENTENCE_ENDS)


def _is_told(text: str, start: int, end: int, language: Language) -> bool:
    around = text[max(0, start - _NEARBY) : start] + "\n" + text[end : end + _NEARBY]
    return next(lexicon(language).spans("not_meant", around), None) is not None


def _without_overlaps(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for start, end in spans:
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept
