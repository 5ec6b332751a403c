"""What one signal found in one conversation."""

from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from service.domain.base import Model
from service.domain.grade import Absence, Evidence, Replacement
from service.domain.transcript import RedactedConversation


class Finding(Model):
    """A measured value from 0 to 1, where 1 is the dimension's good end, or None when this transcript does
    not allow the measurement. `rationale` is one sentence in the conversation's language. At most three
    pieces of evidence; evidence without a value means that only a reader can tell. `absence` is set when the
    value rests on something that is not there, or when there is no value because nothing was found to weigh.
    `suggestions` are words to say instead of those quoted. `strength` is how sure the evidence is, 0 to 1,
    where it is less sure than usual.
    """

    value: Annotated[float, Field(ge=0, le=1)] | None
    rationale: str
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=3)] = ()
    absence: Absence | None = None
    suggestions: tuple[Replacement, ...] = ()
    strength: Annotated[float, Field(ge=0, le=1)] | None = None

    @property
    def needs_a_reader(self) -> bool:
        """Whether words were found that a rule cannot judge."""
        return self.value is None and bool(self.evidence)


def band(good: bool, fair: bool) -> float:
    """Return 1, one half or 0: the points of the three levels that the anchors of the built-in scorecards
    describe.
    """
    return 1.0 if good else 0.5 if fair else 0.0


Signal = Callable[[RedactedConversation], Finding]
"""Measures one thing in a conversation."""
