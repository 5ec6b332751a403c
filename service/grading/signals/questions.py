"""The signal that counts the agent's questions, by question mark or, without one, by their form."""

import re
from collections.abc import Iterable, Iterator

from service.domain.grade import Evidence
from service.domain.transcript import Language, RedactedConversation
from service.grading.signals.finding import Finding
from service.grading.signals.lexicon import lexicon
from service.grading.signals.speech import QUOTE_LENGTH, Spoken, absent, quote, spoken_by

ENOUGH_QUESTIONS = 3
"""The value is the number of questions divided by this, at most 1."""

# A full stop before a digit is a decimal point.
_SENTENCE = re.compile(r"(?:[^.!?。！？｡…;；\n]|\.(?=\d))++[.!?。！？｡…;；\n]*+")


def questions_asked(conversation: RedactedConversation) -> Finding:
    """Weigh how many questions the agent asks; see `ENOUGH_QUESTIONS`."""
    language = conversation.language
    wording = lexicon(language).wording["questions_asked"]
    agent = spoken_by(conversation, "agent")
    if not agent:
        return Finding(value=None, rationale=wording.unmeasurable)
    found = list(questions(agent, language))
    if not found:
        return Finding(value=0, rationale=wording.missing, absence=absent("questions_asked", agent, language))
    rationale = wording.found.format(count=len(found), turn=found[0].turn)
    value = min(1.0, len(found) / ENOUGH_QUESTIONS)
    return Finding(value=value, rationale=rationale, evidence=tuple(found[:3]))


def questions(turns: Iterable[Spoken], language: Language) -> Iterator[Evidence]:
    """Yield the questions in `turns`: at most one a sentence. Speech recognition that gives no punctuation
    makes a turn one sentence.
    """
    for spoken in turns:
        for sentence in _SENTENCE.finditer(spoken.turn.text):
            span = _question(sentence.group(), language)
            if span:
                yield quote(spoken, sentence.start() + span[0], sentence.start() + span[1])


def _question(sentence: str, language: Language) -> tuple[int, int] | None:
    end = len(sentence.rstrip())
    if "?" in sentence[-9:] or "？" in sentence[-9:]:
        start = len(sentence) - len(sentence.lstrip())
        return max(start, end - QUOTE_LENGTH), end
    form = next(lexicon(language).spans("questions_asked", sentence), None)
    return form and (form[0], max(form[1], min(end, form[0] + QUOTE_LENGTH)))
