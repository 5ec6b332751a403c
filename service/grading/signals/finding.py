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
    pieces of evidence. `absence` is set when the value rests on something that is not there, or when there is
    no value because nothing was found to weigh. `suggestions` are words to say instead of those quoted.
    """

    value: Annotated[float, Field(ge=0, le=1)] | None
    rationale: str
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=3)] = ()
    absence: Absence | None = None
    suggestions: tuple[Replacement, ...] = ()


def band(good: bool, fair: bool) -> float:
    """Return 1, one half or 0: the points of the three levels that the anchors of the built-in scorecards
    describe.
    """
    return 1.0 if good else 0.5 if fair else 0.0


Signal = Callable[[RedactedConversation], Finding]
"""Measures one thing in a conversation."""
