"""The invented conversations as they are written down in `scripts/*.yaml`, and what was planted in them."""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

import yaml
from pydantic import Field

from service.domain.base import Model
from service.domain.scorecard import LevelValue
from service.domain.transcript import Language, Speaker

LANGUAGES: tuple[Language, ...] = ("en", "ru", "zh")
ENTITY_TYPES = {
    "c": "CREDIT_CARD",
    "d": "DATE_OF_BIRTH",
    "e": "EMAIL_ADDRESS",
    "i": "ID_NUMBER",
    "l": "LOCATION",
    "p": "PERSON",
    "t": "PHONE_NUMBER",
}
"""The letter in ``[p:Nora]`` says what kind of personal data was planted there."""

TAGS = {
    "n": "needs",
    "i": "identity_check",
    "f": "information",
    "h": "hold_announced",
    "e": "empathy",
    "c": "closing",
}
"""The letters after a speaker, as in ``A.n.e``: for which dimensions a turn is telling."""

_SPEAKERS: dict[str, Speaker] = {"A": "agent", "B": "bot", "C": "customer", "S": "system"}
_PLANTED = re.compile(r"\[([a-z]):([^]]*)\]")
_LINE = re.compile(r"(?:~(hold|gap) (\d+)|([ABCS])((?:\.[a-z])*) (.+))")


class Planted(NamedTuple):
    """Invented personal data: the kind and the words."""

    type: str
    text: str


class Line(NamedTuple):
    """A turn of a script. Before it the customer was on hold for `hold_s`, or nobody spoke for `gap_s`."""

    speaker: Speaker
    text: str
    dimensions: tuple[str, ...] = ()
    planted: tuple[Planted, ...] = ()
    hold_s: int = 0
    gap_s: int = 0


class Script(Model):
    """One conversation as written. `truth` is what its author wrote it to deserve, by dimension: a level, a
    number between two levels, or ``na``. `floors` are as in a labelled set. `day` is when it took place,
    where the words name a date.
    """

    id: str
    channel: Literal["call", "chat"]
    call_type: str
    agent: str
    day: date | None = None
    truth: dict[str, LevelValue | float]
    floors: dict[str, LevelValue] = {}
    turns: str = Field(repr=False)

    @property
    def language(self) -> Language:
        """The language that the conversation is in, which its id begins with."""
        return next(language for language in LANGUAGES if self.id.startswith(f"{language}-"))

    @property
    def lines(self) -> list[Line]:
        """The turns, in order. Raises ValueError for a line that is neither a turn nor a pause."""
        return list(_lines(self.turns))

    @property
    def is_speech(self) -> bool:
        """Whether the words stand as speech recognition writes them: without a full stop or question mark."""
        said = [line.text for line in self.lines if line.speaker in ("agent", "customer")]
        return not any(mark in text for text in said for mark in ".?。？")


@cache
def scripts() -> tuple[Script, ...]:
    """Return all scripts, in the order of their languages and numbers."""
    folder = files(__package__) / "scripts"
    texts = [(folder / f"{language}.yaml").read_text("utf-8") for language in LANGUAGES]
    return tuple(Script.model_validate(entry) for text in texts for entry in yaml.safe_load(text))


def _lines(turns: str) -> Iterator[Line]:
    pauses = {"hold": 0, "gap": 0}
    for written in turns.splitlines():
        match = _LINE.fullmatch(written.strip())
        if match is None:
            raise ValueError(f"neither a turn nor a pause: {written!r}")
        pause, seconds, speaker, tags, text = match.groups()
        if pause:
            pauses[pause] = int(seconds)
            continue
        telling = tuple(TAGS[tag] for tag in tags.split(".") if tag)
        planted = tuple(Planted(ENTITY_TYPES[kind], words) for kind, words in _PLANTED.findall(text))
        plain = _PLANTED.sub(lambda found: found[2], text)
        yield Line(_SPEAKERS[speaker], plain, telling, planted, pauses["hold"], pauses["gap"])
        pauses = {"hold": 0, "gap": 0}
