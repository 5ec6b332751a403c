"""Which conversations to label next, and with which probability each was drawn."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from service.domain.base import Model


class PlannedStratum(Model):
    """A kind of conversation: how many there are, and how many of them the plan draws for their kind."""

    name: str
    population: int
    drawn: int


class PlannedConversation(Model):
    """A conversation of a plan. `probability`, above 0 and up to 1, is that of being in it at all.

    `labelled` says that it had labels when the plan was made: it counts, and needs no more.
    """

    evaluation: str
    conversation: str | None = None
    agent: str | None = None
    stratum: str
    probability: Annotated[float, Field(gt=0, le=1)]
    labelled: bool = False


class LabelPlan(Model):
    """A sample of a scorecard's evaluations: a random `core` over all agents, and more of each stratum.

    The same `seed` on the same evaluations draws the same. It draws from completed evaluations on `revision`
    of the scorecard, by `grader` (null: by any), that were accepted from `since` on (null: ever) and
    completed before the plan was made. `notes` say what could not be had.
    """

    id: str
    scorecard: str
    created_at: datetime
    seed: int
    since: datetime | None = None
    revision: int | None = None
    grader: str | None = None
    population: int
    core: int
    strata: tuple[PlannedStratum, ...] = ()
    notes: tuple[str, ...] = ()
    conversations: tuple[PlannedConversation, ...] = ()
