"""One labelled conversation: what redaction is measured with."""

from typing import NamedTuple

from service.domain.transcript import Conversation

ANY = "ANY"
"""The row over all entity types; no type of a data set may have this name."""


class Span(NamedTuple):
    """A piece of one turn that is personal data: code points of the turn's text, end exclusive."""

    turn: int
    start: int
    end: int
    type: str


class Example(NamedTuple):
    """A conversation and its personal data as people marked it; `where` is what a person calls it.

    `neutral` are pieces that are neither personal data nor a false hit, whatever is found in them.
    """

    where: str
    conversation: Conversation
    spans: tuple[Span, ...]
    neutral: tuple[Span, ...] = ()
