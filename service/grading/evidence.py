"""Whether the words that a model quotes were said: the check behind every grade."""

from enum import StrEnum

from service.domain.base import storable
from service.domain.grade import Absence, Evidence
from service.domain.scorecard import About
from service.domain.transcript import RedactedConversation, Speaker
from service.grading.folding import FoldedText, is_boundary

MAX_OPENING = 200
"""Code points of a turn that stand for it where a grade rests on something that is not there."""


class Fault(StrEnum):
    """Why a quote is no evidence."""

    NO_TURN = "there is no such turn"
    WRONG_SPEAKER = "that turn is not by the speaker whose words count here"
    NOT_SAID = "these words do not stand in that turn"
    NO_RANGE = "there is no such range of turns"
    NOBODY_SPOKE = "in these turns nobody speaks whose words count here"


def may_speak(about: About, speaker: Speaker) -> bool:
    """Whether words of `speaker` may be evidence on a dimension about `about`.

    `agent` and `customer` mean those alone: a bot's greeting is not the agent's. `conversation` means every
    turn, `system` too, because notices such as a transfer or a tool's result record what was done.
    """
    return about in ("conversation", speaker)


class EvidenceCheck:
    """Checks quotes against one conversation; each turn is folded once, when it is first needed.

    With `believing`, whatever names a turn is taken for said: for measuring what the check is worth.
    """

    def __init__(self, conversation: RedactedConversation, *, believing: bool = False) -> None:
        self._turns = conversation.turns
        self._believing = believing
        self._folded: dict[int, FoldedText] = {}

    def quote(self, turn: int | None, quote: str, about: About) -> Evidence | Fault:
        """Return the words of turn number `turn` that `quote` repeats, as they stand there, or why not."""
        if turn is None or not 0 <= turn < len(self._turns):
            return Fault.NO_TURN
        speaker, text = self._turns[turn].speaker, self._turns[turn].text
        if self._believing:
            return Evidence(turn=turn, speaker=speaker, quote=quote or "?", start=0, end=len(quote or "?"))
        if not may_speak(about, speaker):
            return Fault.WRONG_SPEAKER
        span = self._fold(turn).find(quote)
        if span is None:
            return Fault.NOT_SAID
        start, end = span
        return Evidence(turn=turn, speaker=speaker, quote=text[start:end], start=start, end=end)

    def absence(
        self, looked_for: str, first: int | None, last: int | None, about: About = "conversation"
    ) -> Absence | Fault:
        """Return the absence of `looked_for` in turns `first` to `last`, both inclusive, or why there is
        none: where nobody spoke whose words count, nothing was searched.
        """
        if (
            first is None
            or last is None
            or not 0 <= first <= last < len(self._turns)
            or not looked_for.strip()
        ):
            return Fault.NO_RANGE
        spoke = [number for number, turn in enumerate(self._turns) if may_speak(about, turn.speaker)]
        if spoke and not any(first <= number <= last for number in spoke):
            return Fault.NOBODY_SPOKE
        return Absence(searched=((first, last),), looked_for=storable(looked_for.strip()))

    def opening(self, absence: Absence, about: About) -> Evidence | None:
        """Return the beginning, at most 200 code points, of the first searched turn by the right speaker."""
        for first, last in absence.searched:
            for number in range(max(first, 0), min(last + 1, len(self._turns))):
                turn = self._turns[number]
                if may_speak(about, turn.speaker) and turn.text.strip():
                    start = len(turn.text) - len(turn.text.lstrip())
                    end = _whole_end(turn.text, start)
                    quote = turn.text[start:end]
                    return Evidence(turn=number, speaker=turn.speaker, quote=quote, start=start, end=end)
        return None

    def _fold(self, turn: int) -> FoldedText:
        if turn not in self._folded:
            self._folded[turn] = FoldedText(self._turns[turn].text)
        return self._folded[turn]


def _whole_end(text: str, start: int) -> int:
    longest = min(len(text.rstrip()), start + MAX_OPENING)
    ends = (end for end in range(longest, start, -1) if is_boundary(text, end))
    return next(ends, longest)
