"""Signals that count words the agent had better leave out."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice, pairwise

from service.domain.grade import Evidence
from service.domain.transcript import Language, RedactedConversation
from service.grading.signals.finding import Finding, band
from service.grading.signals.lexicon import PhraseList, lexicon
from service.grading.signals.quotes import MAX_QUOTES, quote_beginning, telling
from service.grading.signals.speech import Spoken, absent, amount, search, spoken_by, total_amount

FEW_FILLERS = Fraction(1, 30)
"""Filler words per word below which the value is 1."""

MANY_FILLERS = Fraction(1, 10)
"""Filler words per word from which on the value is 0; below it, one half."""

CHARACTERS_PER_WORD = Fraction(3, 2)
"""Characters of Chinese that are taken as one word: a rough mean of running text, not measured here."""

SPARED_BARE_REPLIES = 1
"""Replies of a single word up to which the value is 1, however few replies there are."""

MANY_BARE_REPLIES = Fraction(1, 2)
"""Share of single words among the replies from which on the value is 0; below it, one half."""

FEWEST_TURNS = 3
"""Turns of the agent that it takes to say how often they reply with a single word."""

_LONGEST_BARE_REPLY = 40
_COURTESIES: tuple[PhraseList, ...] = ("greeting", "closing", "thanks")


def filler_words(conversation: RedactedConversation) -> Finding:
    """Weigh the agent's filler words per word; see `FEW_FILLERS` and `MANY_FILLERS`. In a chat they are typed
    on purpose, and not measured.
    """
    language = conversation.language
    wording = lexicon(language).wording["filler_words"]
    agent = spoken_by(conversation, "agent")
    said = total_amount(agent, language)
    if conversation.channel == "chat" or not said:
        rationale = wording.in_chat if conversation.channel == "chat" else wording.unmeasurable
        return Finding(value=None, rationale=rationale)
    found = list(fillers(agent, language))
    if not found:
        return Finding(value=1, rationale=wording.missing, absence=absent("filler_words", agent, language))
    rate = lexicon(language).number(100 * len(found) / said, 1)
    return Finding(
        value=_filler_value(len(found), said, language),
        rationale=wording.found.format(count=len(found), rate=rate),
        evidence=telling(conversation, found),
    )


def _filler_value(count: int, said: int, language: Language) -> float:
    words = said / CHARACTERS_PER_WORD if language == "zh" else Fraction(said)
    return band(count / words < FEW_FILLERS, count / words < MANY_FILLERS)


def fillers(agent: Sequence[Spoken], language: Language) -> Iterator[Evidence]:
    """Yield the filler words in the agent's turns. A turn that is nothing but "hmm" is an answer instead."""
    return search((s for s in agent if not is_bare(s, language)), "filler_words", language)


def one_word_answers(conversation: RedactedConversation) -> Finding:
    """Weigh how many of the agent's replies to the customer are a single word; see `SPARED_BARE_REPLIES` and
    `MANY_BARE_REPLIES`.
    """
    language = conversation.language
    words = lexicon(language)
    wording = words.wording["one_word_answers"]
    answers = _replies(conversation)
    if not answers or len(spoken_by(conversation, "agent")) < FEWEST_TURNS:
        return Finding(value=None, rationale=wording.unmeasurable)
    bare = [spoken for spoken in answers if _is_one_word(spoken, language)]
    if not bare:
        absence = absent("one_word_answers", answers, language)
        return Finding(value=1, rationale=wording.missing, absence=absence)
    share = Fraction(len(bare), len(answers))
    return Finding(
        value=band(len(bare) <= SPARED_BARE_REPLIES, share < MANY_BARE_REPLIES),
        rationale=wording.found.format(
            count=len(bare), of=len(answers), percent=words.number(float(100 * share))
        ),
        evidence=tuple(map(quote_beginning, islice(bare, MAX_QUOTES))),
    )


def is_bare(spoken: Spoken, language: Language) -> bool:
    """Return whether a turn is nothing but a word like "yes" or "okay", once or a few times."""
    text = spoken.turn.text.strip()
    if len(text) > _LONGEST_BARE_REPLY:
        return False
    rest, at = "", 0
    for start, end in lexicon(language).spans("one_word_answers", text):
        rest, at = rest + text[at:start], end
    return at > 0 and not any(character.isalnum() for character in rest + text[at:])


def _is_one_word(spoken: Spoken, language: Language) -> bool:
    return is_bare(spoken, language) or _is_lone(spoken.turn.text.strip(), language)


def _is_lone(text: str, language: Language) -> bool:
    """Return whether `text` is one word of any kind but a number, a redacted detail or a courtesy; in
    Chinese, one or two characters.
    """
    if len(text) > _LONGEST_BARE_REPLY or any(character.isdigit() or character == "<" for character in text):
        return False
    longest = 2 if language == "zh" else 1
    return 0 < amount(text, language) <= longest and not any(
        next(lexicon(language).spans(name, text), None) for name in _COURTESIES
    )


def _replies(conversation: RedactedConversation) -> list[Spoken]:
    spoken = spoken_by(conversation, "agent", "customer", "bot")
    return [
        after
        for before, after in pairwise(spoken)
        if (before.turn.speaker, after.turn.speaker) == ("customer", "agent")
    ]
