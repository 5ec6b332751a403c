"""Who said what, as signals need it: turns with their positions, phrases in them, and how much was said."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from service.domain.grade import Absence, Evidence
from service.domain.scorecard import SignalName
from service.domain.transcript import Language, RedactedConversation, Speaker, Turn
from service.grading.signals.lexicon import PhraseList, lexicon
from service.grading.signals.memory import once, once_for

_WORD = re.compile(r"\w+(?:['’]\w+)*+")
_CHARACTER = re.compile(r"<[A-Z_]{1,40}+\d{0,9}+>|[^\W_]")


class Spoken(NamedTuple):
    """A turn that holds text, and its position in the conversation."""

    position: int
    turn: Turn


def spoken_by(conversation: RedactedConversation, *speakers: Speaker) -> Sequence[Spoken]:
    """Return the turns of these speakers that hold any text."""
    return once_for(conversation, speakers, lambda: _spoken_by(conversation, speakers))


def _spoken_by(conversation: RedactedConversation, speakers: Sequence[Speaker]) -> Sequence[Spoken]:
    return tuple(
        Spoken(position, turn)
        for position, turn in enumerate(conversation.turns)
        if turn.speaker in speakers and turn.text.strip()
    )


def search(turns: Iterable[Spoken], name: PhraseList, language: Language) -> Iterator[Evidence]:
    """Yield every phrase of a list that stands in `turns`, in the order of the conversation."""
    words = lexicon(language)
    for spoken in turns:
        for start, end in words.spans(name, spoken.turn.text):
            yield quote(spoken, start, end)


def quote(spoken: Spoken, start: int, end: int) -> Evidence:
    """Return the words from `start` to `end` of a turn as evidence."""
    position, turn = spoken
    return Evidence(turn=position, speaker=turn.speaker, quote=turn.text[start:end], start=start, end=end)


def absent(name: SignalName, turns: Sequence[Spoken], language: Language) -> Absence:
    """Return the record that `turns` were searched in vain: one range from the first to the last of them."""
    searched = ((turns[0].position, turns[-1].position),) if turns else ()
    return Absence(searched=searched, looked_for=lexicon(language).wording[name].looked_for)


def amount(text: str, language: Language) -> int:
    """Return how much is said in `text`: words, or characters in Chinese, which writes no spaces. A redacted
    name counts as one of either.
    """
    pattern = _CHARACTER if language == "zh" else _WORD
    return once(("amount", language, text), lambda: sum(1 for _ in pattern.finditer(text)))


def total_amount(turns: Iterable[Spoken], language: Language) -> int:
    """Return the `amount` of all `turns` together."""
    return sum(amount(spoken.turn.text, language) for spoken in turns)
