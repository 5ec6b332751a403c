"""What a contact was about, beside how well it was handled: each fact with the words that show it."""

from typing import Literal

from service.domain.base import Model
from service.domain.grade import Evidence

KindOfRequest = Literal["question", "complaint", "order", "suggestion", "information"]
Urgency = Literal["low", "normal", "high"]
Resolved = Literal["yes", "partly", "no"]
FactName = Literal[
    "kind", "urgency", "resolved", "outcome", "agent_promises", "customer_liked", "customer_asked_for"
]


class KindFact(Model):
    """What kind of request the customer came with, the main one of several."""

    value: KindOfRequest
    evidence: tuple[Evidence, ...] = ()


class UrgencyFact(Model):
    """How urgent the customer says it is, or shows it to be."""

    value: Urgency
    evidence: tuple[Evidence, ...] = ()


class ResolvedFact(Model):
    """Whether the matter was settled by the end of the conversation."""

    value: Resolved
    evidence: tuple[Evidence, ...] = ()


class StatedFact(Model):
    """A fact in one plain sentence."""

    text: str
    evidence: tuple[Evidence, ...] = ()


class ContactFacts(Model):
    """The facts of one contact; what was not said is null or empty.

    Every fact has at least one verified quote. `unproved` names those that were answered without one, after
    a second chance; they are left out.
    """

    kind: KindFact | None = None
    urgency: UrgencyFact | None = None
    resolved: ResolvedFact | None = None
    outcome: StatedFact | None = None
    agent_promises: tuple[StatedFact, ...] = ()
    customer_liked: tuple[StatedFact, ...] = ()
    customer_asked_for: tuple[StatedFact, ...] = ()
    unproved: tuple[FactName, ...] = ()
