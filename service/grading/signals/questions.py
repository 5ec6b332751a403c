"""The signal that counts the agent's questions, by question mark or, without one, by their form."""

import re
from collections import deque
from collections.abc import Iterable, Iterator

from service.domain.grade import Evidence
from service.domain.transcript import Language, RedactedConversation
from service.grading.signals.finding import Finding
from service.grading.signals.lexicon import PhraseList, lexicon
from service.grading.signals.quotes import quote_end, telling
from service.grading.signals.speech import Spoken, absent, quote, spoken_by

ENOUGH_QUESTIONS = 2
"""The value is the number of questions divided by this, at most 1."""

# A full stop before a digit is a decimal point.
_SENTENCE = re.compile(r"(?:[^.!?。！？｡…;；\n]|\.(?=\d))++[.!?。！？｡…;；\n]*+")

_INSULTS: tuple[PhraseList, ...] = ("rude_words", "perhaps_rude")
_ANY_QUESTION: tuple[PhraseList, ...] = ("questions_asked", "routine_questions")


def questions_asked(conversation: RedactedConversation) -> Finding:
    """Weigh how many questions about the customer's matter the agent asks; see `ENOUGH_QUESTIONS`."""
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
    return Finding(value=value, rationale=rationale, evidence=telling(conversation, found))


def questions(turns: Iterable[Spoken], language: Language) -> Iterator[Evidence]:
    """Yield the questions in `turns`: at most one a sentence. Speech recognition that gives no punctuation
    makes a turn one sentence. Offers of help, checks of identity and other routine questions are left out,
    and so are insults in the form of a question.
    """
    for spoken in turns:
        for sentence in _SENTENCE.finditer(spoken.turn.text):
            # Without the space before it: a phrase at the beginning is to begin where its exceptions do.
            start = sentence.end() - len(sentence.group().lstrip())
            span = _question(spoken.turn.text[start : sentence.end()], language)
            if span:
                yield quote(spoken, start + span[0], start + span[1])


def _question(sentence: str, language: Language) -> tuple[int, int] | None:
    words = lexicon(language)
    rest = _without_routine(sentence, language)
    form = next(words.spans("questions_asked", rest), None)
    if not form and rest == sentence and _has_mark(sentence):
        form = quote_end(sentence)
    insulted = form and any(next(words.spans(name, sentence), None) for name in _INSULTS)
    return None if insulted else form


def ends_in_a_question(spoken: Spoken, language: Language) -> bool:
    """Return whether the last sentence of a turn is a question of any kind, routine or not."""
    last = deque(_SENTENCE.finditer(spoken.turn.text), maxlen=1)
    sentence = last[0].group() if last else ""
    return _has_mark(sentence) or any(
        next(lexicon(language).spans(name, sentence), None) for name in _ANY_QUESTION
    )


def _has_mark(sentence: str) -> bool:
    return any(mark in sentence[-9:] for mark in "?？")


def _without_routine(sentence: str, language: Language) -> str:
    """Return `sentence`, as long as it is, with routine questions overwritten, so that only another question
    is found in it.
    """
    pieces, at = [], 0
    for start, end in lexicon(language).spans("routine_questions", sentence):
        pieces += [sentence[at:start], _blank(end - start)]
        at = end
    return "".join(pieces) + sentence[at:]


def _blank(length: int) -> str:
    # No phrase of a lexicon reaches over such a sign, nor takes it for the end of the sentence.
    return ("<" + "," * (length - 2) + "<")[:length]
