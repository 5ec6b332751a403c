"""The signal about pace: how many words, or characters of Chinese, does a speaker say in a minute?"""

from collections.abc import Sequence

from service.domain.transcript import Language, RedactedConversation, Speaker
from service.grading.signals.finding import Finding, band
from service.grading.signals.lexicon import lexicon
from service.grading.signals.quotes import quote_beginning
from service.grading.signals.speech import Spoken, amount, total_amount
from service.grading.signals.timing import Timed, timeline

COMFORTABLE: dict[Language, tuple[int, int]] = {"en": (100, 180), "ru": (80, 150), "zh": (150, 300)}
"""Words a minute, characters in Chinese, between which the value is 1. Round figures around what speech at an
ordinary pace has; not measured here. Russian words are longer, so there are fewer of them in a minute.
"""

BEARABLE: dict[Language, tuple[int, int]] = {"en": (80, 220), "ru": (65, 180), "zh": (120, 360)}
"""Between these the value is one half; beyond them, 0."""

FEWEST_WORDS = 50
"""Words, or characters, of the agent that it takes to speak of a pace."""


def pace(conversation: RedactedConversation) -> Finding:
    """Weigh the agent's pace; see `COMFORTABLE` and `BEARABLE`. The evidence is the agent's longest turn."""
    language = conversation.language
    words = lexicon(language)
    wording = words.wording["pace"]
    own = spoken_at(timeline(conversation) or (), "agent")
    rate = words_per_minute(own, language)
    said = [timed.spoken for timed in own]
    if conversation.channel == "chat" or rate is None or total_amount(said, language) < FEWEST_WORDS:
        rationale = wording.in_chat if conversation.channel == "chat" else wording.unmeasurable
        return Finding(value=None, rationale=rationale)
    longest: Spoken = max(said, key=lambda spoken: amount(spoken.turn.text, language))
    return Finding(
        value=band(_is_within(rate, COMFORTABLE[language]), _is_within(rate, BEARABLE[language])),
        rationale=wording.found.format(rate=words.number(rate)),
        evidence=(quote_beginning(longest),),
    )


def spoken_at(turns: Sequence[Timed], speaker: Speaker) -> list[Timed]:
    """Return the turns of one speaker."""
    return [timed for timed in turns if timed.spoken.turn.speaker == speaker]


def words_per_minute(own: Sequence[Timed], language: Language) -> int | None:
    """Return the words, in Chinese characters, of these turns for each minute that they last, or None when
    they last no time.
    """
    minutes = sum(timed.end - timed.start for timed in own) / 60
    said = total_amount((timed.spoken for timed in own), language)
    return round(said / minutes) if minutes else None


def _is_within(rate: float, bounds: tuple[int, int]) -> bool:
    return bounds[0] <= rate <= bounds[1]
