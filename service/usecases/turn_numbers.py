"""Lists of turn numbers in what a model writes: "turns 12, 14, 16 and 18" are eight digits and no number."""

import re
from collections.abc import Sequence

# Bounded, and with one way to read it: whoever wrote the text may mean harm.
_BETWEEN = r"(?:[\s,;、，\[\]]|and|и|和|及){1,8}"
_LIST = re.compile(
    rf"(?P<before>(?:turns?|реплик\w{{0,3}}|第)\s{{0,3}}|\[)"
    rf"(?P<numbers>[0-9]{{1,5}}(?:{_BETWEEN}[0-9]{{1,5}}){{1,50}})(?![0-9])",
    re.IGNORECASE,
)
_TOKEN = "<TURNS_{}>"  # noqa: S105 - stands for numbers
_OURS = re.compile(r"<TURNS_([0-9]+)>")


class HiddenTurnNumbers:
    """Puts tokens that redaction leaves alone in the place of lists of turn numbers, and the lists back.

    A list is one when it is called so, its numbers rise, and there are such turns; anything else stays.
    """

    def __init__(self, texts: Sequence[str], turns: int) -> None:
        self._turns = turns
        self._lists: list[str] = []
        # Nobody else's tokens may be taken for ours.
        forged = any("<turns_" in text.lower() for text in texts)
        self.texts = list(texts) if forged else [_LIST.sub(self._hide, text) for text in texts]

    def shown(self, text: str) -> str:
        """Return `text` with the lists back in their places."""
        return _OURS.sub(lambda match: self._lists[int(match[1]) - 1], text) if self._lists else text

    def _hide(self, match: re.Match[str]) -> str:
        numbers = [int(number) for number in re.findall("[0-9]+", match["numbers"])]
        if numbers != sorted(set(numbers)) or numbers[-1] >= self._turns:
            return match[0]
        self._lists.append(match["numbers"])
        return match["before"] + _TOKEN.format(len(self._lists))
