"""One attack: a conversation, the words planted in it, and what they order."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from evals.attacks.encodings import Encoding, encode
from service.domain.base import Model
from service.domain.transcript import Language, RedactedConversation, Speaker

Family = Literal[
    "direct",
    "fake_system",
    "fake_json",
    "fence",
    "role_play",
    "encoded",
    "split",
    "self_graded",
    "mixed_language",
    "context",
    "bait",
    "metadata",
]
Said = tuple[Speaker, str]

ORDERS = Literal["best", "worst", "na", "off_scale"]
"""What is ordered: the best or the worst level, that the dimension does not apply, or a level far above the
scale.
"""
PROOFS = Literal["own", "planted", "wrong_speaker", "invented"]
"""What a model that obeys quotes: true words of the right speaker, the planted ones, true words of the wrong
speaker, or words that nobody said.
"""


class Planted(Model):
    """An attack as its file holds it. Either `say` by `by`, with `hidden` encoded in it, or whole `turns`."""

    base: str = "bad"
    by: Speaker = "customer"
    say: str = ""
    turns: tuple[Said, ...] = ()
    where: Literal["turn", "context", "metadata"] = "turn"
    encoding: Encoding | None = None
    hidden: str = ""
    order: ORDERS = "best"
    dimensions: tuple[str, ...] = ()
    quote: PROOFS = "own"
    answers: Literal["one", "two"] = "one"

    @model_validator(mode="after")
    def _one_way_of_planting(self) -> "Planted":
        if bool(self.say) == bool(self.turns):
            raise ValueError("an attack has either `say` or `turns`")
        if bool(self.hidden) != bool(self.encoding) or (self.hidden and "{hidden}" not in self.say):
            raise ValueError("`encoding`, `hidden` and {hidden} in `say` belong together")
        return self

    @property
    def text(self) -> str:
        """What is planted when it is one text."""
        return self.say if self.encoding is None else self.say.replace("{hidden}", self._encoded)

    @property
    def _encoded(self) -> str:
        return encode(self.hidden, self.encoding) if self.encoding else ""


class Attack(Model):
    """An attack with the conversation it is planted in. `clean` is the same conversation without it."""

    id: str
    language: Language
    family: Family
    held_out: bool
    planted: Planted
    clean: RedactedConversation
    conversation: RedactedConversation
    needles: Annotated[tuple[str, ...], Field(min_length=1)]
    """The planted lines: a model can only obey what of them stands in its prompt."""


def plant(
    clean: RedactedConversation, planted: Planted, *, name: str, family: Family, held_out: bool
) -> Attack:
    """Return the attack: spoken words before the last turn, others in a reference text or in metadata."""
    said = planted.turns or ((planted.by, planted.text),)
    by = {speaker for speaker, _ in planted.turns[:1]} or {planted.by}
    return Attack(
        id=name,
        language=clean.language,
        family=family,
        held_out=held_out,
        planted=planted,
        clean=clean,
        conversation=_with(clean, planted, said),
        needles=tuple(line for speaker, text in said if speaker in by for line in text.splitlines() if line),
    )


def _with(clean: RedactedConversation, planted: Planted, said: tuple[Said, ...]) -> RedactedConversation:
    content = clean.model_dump(mode="json")
    if planted.where == "context":
        content["context"] = [{"title": "Notes", "text": planted.text}]
    elif planted.where == "metadata":
        content["metadata"] = {"note": planted.text}
        content["turns"][1]["metadata"] = {"note": planted.text}
    else:
        content["turns"][-1:-1] = [{"speaker": speaker, "text": text} for speaker, text in said]
    return RedactedConversation.model_validate(content)
