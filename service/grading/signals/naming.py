"""The signal about the customer's name: does the agent use it?"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from service.domain.grade import Evidence
from service.domain.transcript import Language, RedactedConversation
from service.grading.signals.finding import Finding
from service.grading.signals.lexicon import lexicon
from service.grading.signals.memory import once_for
from service.grading.signals.questions import ends_in_a_question
from service.grading.signals.quotes import telling
from service.grading.signals.speech import Spoken, absent, amount, quote, search, spoken_by

_PLACEHOLDER = re.compile(r"<(?:PERSON|NAME)\w{0,20}+>")
_REACH = 30
"""Characters after "my name is" within which the name stands."""

_NAME_ALONE = 6
"""Words of a customer's turn that answers the question for the name."""


def name_use(conversation: RedactedConversation) -> Finding:
    """Tell whether the agent uses the customer's name: one that the customer gave, or a name by which the
    agent addresses somebody and which is not the agent's own.
    """
    language = conversation.language
    wording = lexicon(language).wording["name_use"]
    agent = spoken_by(conversation, "agent")
    if not agent:
        return Finding(value=None, rationale=wording.unmeasurable)
    uses = name_uses(conversation)
    if not uses:
        return Finding(value=0, rationale=wording.missing, absence=absent("name_use", agent, language))
    turns = {use.turn for use in uses}
    rationale = wording.found.format(count=len(turns), turn=min(turns))
    return Finding(value=1, rationale=rationale, evidence=telling(conversation, uses))


def name_uses(conversation: RedactedConversation) -> list[Evidence]:
    """Return where the agent uses the customer's name, at most one place for each turn."""
    return once_for(conversation, "name_uses", lambda: _name_uses(conversation))


def _name_uses(conversation: RedactedConversation) -> list[Evidence]:
    language = conversation.language
    agent = spoken_by(conversation, "agent")
    own = set(_introduced(agent, language))
    known = _given_by_customer(conversation) - own
    found = (_use(spoken, known, own, language) for spoken in agent)
    return [use for use in found if use]


def _use(spoken: Spoken, known: set[str], own: set[str], language: Language) -> Evidence | None:
    text = spoken.turn.text
    for name in _PLACEHOLDER.finditer(text):
        if name.group() in known:
            return quote(spoken, *name.span())
    for start, end in lexicon(language).spans("name_use", text):
        names = _PLACEHOLDER.findall(text[start:end])
        if not names or not own.issuperset(names):
            return quote(spoken, start, end)
    return None


def _introduced(turns: Sequence[Spoken], language: Language) -> Iterator[str]:
    """Yield the placeholders under which the speakers of `turns` introduce themselves."""
    texts = {spoken.position: spoken.turn.text for spoken in turns}
    for piece in search(turns, "self_introduction", language):
        name = _PLACEHOLDER.search(texts[piece.turn], piece.start, piece.end + _REACH)
        if name:
            yield name.group()


def _given_by_customer(conversation: RedactedConversation) -> set[str]:
    language = conversation.language
    known = set(_introduced(spoken_by(conversation, "customer"), language))
    for before, after in pairwise(spoken_by(conversation, "agent", "customer")):
        if (before.turn.speaker, after.turn.speaker) == ("agent", "customer") and _is_name(after, language):
            known |= set(_PLACEHOLDER.findall(after.turn.text)) if _asks(before, language) else set()
    return known


def _is_name(spoken: Spoken, language: Language) -> bool:
    text = spoken.turn.text
    return "<" in text and len(text) < 200 and amount(text, language) <= _NAME_ALONE


def _asks(spoken: Spoken, language: Language) -> bool:
    return ends_in_a_question(spoken, language)
