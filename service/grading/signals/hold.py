"""The signal about making a customer wait: is the reason named, is the customer asked, and thanked?"""

from collections.abc import Sequence
from typing import NamedTuple

from service.domain.grade import Evidence
from service.domain.transcript import Language, RedactedConversation
from service.grading.signals.finding import Finding
from service.grading.signals.lexicon import PhraseList, lexicon
from service.grading.signals.quotes import telling
from service.grading.signals.speech import Spoken, absent, quote, spoken_by

REASON, ASKED, THANKED = 0.6, 0.2, 0.2
"""Parts of the value of a wait. With the reason alone it is more than one half, without it less, as in the
built-in scorecards, whose anchors ask for a reason only.
"""

THANKS_WITHIN = 3
"""The customer is thanked in the turn itself or in this many turns of the agent after it."""


_LIST: dict[Language, str] = {"en": ", ", "ru": ", ", "zh": "、"}


class Hold(NamedTuple):
    """A wait that the agent announces, and how."""

    request: Evidence
    reason: bool
    asked: bool
    thanked: bool

    @property
    def value(self) -> float:
        """The sum of `REASON`, `ASKED` and `THANKED`, as far as they were met; 0 to 1."""
        return round(REASON * self.reason + ASKED * self.asked + THANKED * self.thanked, 3)

    @property
    def terms(self) -> tuple[str, str, str]:
        """The names under which a lexicon says what was met and what was not."""
        return (
            "reason" if self.reason else "no_reason",
            "asked" if self.asked else "not_asked",
            "thanked" if self.thanked else "not_thanked",
        )


def hold_etiquette(conversation: RedactedConversation) -> Finding:
    """Weigh the announcement of waits by the weakest of them. A wait that begins without a word is not seen
    here but as dead air.
    """
    language = conversation.language
    wording = lexicon(language).wording["hold_etiquette"]
    agent = spoken_by(conversation, "agent")
    if not agent:
        return Finding(value=None, rationale=wording.unmeasurable)
    found = holds(agent, language)
    if not found:
        absence = absent("hold_etiquette", agent, language)
        return Finding(value=None, rationale=wording.missing, absence=absence)
    weakest = min(found, key=lambda hold: hold.value)
    details = _LIST[language].join(wording.terms[term] for term in weakest.terms)
    ordered = sorted(sorted(found, key=lambda hold: hold.value)[:3], key=lambda hold: hold.request.turn)
    return Finding(
        value=weakest.value,
        rationale=wording.found.format(count=len(found), turn=weakest.request.turn, details=details),
        evidence=telling(conversation, (hold.request for hold in ordered)),
    )


def holds(agent: Sequence[Spoken], language: Language) -> list[Hold]:
    """Return the waits that the agent announces: one for each turn that asks to wait, and for turns of the
    agent that follow one another a single one.
    """
    found: list[Hold] = []
    last = -2
    for place, spoken in enumerate(agent):
        span = next(lexicon(language).spans("hold_request", spoken.turn.text), None)
        if span is None:
            continue
        if spoken.position - last > 1:
            found.append(_hold(agent, place, quote(spoken, *span), language))
        last = spoken.position
    return found


def _hold(agent: Sequence[Spoken], place: int, request: Evidence, language: Language) -> Hold:
    # A later turn counts only where it goes on with the same request: the customer has said nothing between.
    before = [s for s in agent[max(0, place - 1) : place + 1] if request.turn - s.position <= 1]
    around = before + _going_on(agent, place, language)
    return Hold(
        request,
        reason=_is_said("wait_reason", around, language),
        asked=_is_said("hold_asked", around, language),
        thanked=_is_said("hold_thanked", agent[place : place + 1 + THANKS_WITHIN], language),
    )


def _going_on(agent: Sequence[Spoken], place: int, language: Language) -> list[Spoken]:
    after = agent[place + 1 : place + 2]
    return [
        s
        for s in after
        if s.position == agent[place].position + 1 and _is_said("hold_request", [s], language)
    ]


def _is_said(name: PhraseList, turns: Sequence[Spoken], language: Language) -> bool:
    spans = lexicon(language).spans
    return any(next(spans(name, spoken.turn.text), None) for spoken in turns)
