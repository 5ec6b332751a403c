"""How far answers agree with people's, as figures with intervals."""

from typing import Annotated, Literal

from pydantic import Field

from service.domain.base import Model
from service.domain.scorecard import LevelValue


class Estimate(Model):
    """A figure from `n` items with its 95 % interval.

    `value` is None where the figure is not defined (one level only, no pair of raters), `low` and `high`
    where no honest interval can be had; `note` then says in one sentence what is missing.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: Annotated[int, Field(ge=0)]
    note: str | None = None


class Confusion(Model):
    """Counts of answers: a row for each of people's answers, a column for each of the other side's.

    `answers` names both: the levels of the scale in order, then ``"na"`` where the scale allows it.
    """

    answers: tuple[LevelValue, ...]
    counts: tuple[tuple[int, ...], ...]


class Agreement(Model):
    """How far one column of answers agrees with people's on the same `n` items.

    `exact` and `adjacent` (at most one level apart) are shares and count N/A as a category of its own:
    "not applicable" against a level is never adjacent. `qwk` is Cohen's kappa, with quadratic weights on
    ordinal scales; `ac2` Gwet's, `alpha` Krippendorff's coefficient for the scale. `bias` and `mae` are in
    levels, over items with a level on both sides; None, like `adjacent`, on scales without an order.
    """

    n: Annotated[int, Field(ge=0)]
    exact: Estimate
    adjacent: Estimate | None
    qwk: Estimate
    ac2: Estimate
    alpha: Estimate
    bias: Estimate | None
    mae: Estimate | None
    confusion: Confusion


class RaterSeverity(Model):
    """How one rater grades beside the others on the items that both graded.

    `severity` is the mean of their level minus the mean of the others', in levels: below 0 is harsher, where
    more points are given for higher levels.
    `drift` is the change of that difference in 30 days. `note` names who is about a level off.
    """

    rater: str
    labels: int
    severity: Estimate
    drift: Estimate | None = None
    note: str | None = None


class HumanCeiling(Model):
    """How far people agree with each other where an item was labelled by two or more.

    Figures over `pairs` of labels of one item, each item weighing the same however many labelled it; in
    alpha, by its definition, as much as it has labels. Kappa takes both labels from one distribution.
    """

    items: int
    pairs: int
    exact: Estimate
    adjacent: Estimate | None
    qwk: Estimate
    ac2: Estimate
    alpha: Estimate


class StandIn(Model):
    """The alternative annotator test: may the machine stand in for one of the raters?

    `winning_rate` is the share of raters against whom it holds its own, `advantage` the mean probability
    that it is at least as near to the other raters as the one left out. `epsilon` is what a person's label
    is worth more than the machine's.
    """

    raters: int
    items: int
    epsilon: float
    winning_rate: float | None
    advantage: Estimate
    passes: bool
    note: str | None = None


Column = Literal["constant", "learned", "llm", "signals", "blend"]
"""Whose answers are compared with people's. `constant` always gives people's most frequent answer."""


class DimensionAgreement(Model):
    """All that is known about agreement on one dimension; `columns` are over the same items.

    `seen` counts the labels left out because the rater had seen the machine's grade, `ungraded` the items
    left out because the machine gave no grade. `notes` are sentences for a person: what is missing and why
    a figure may mislead.
    """

    dimension: str
    scale: Literal["yes_no", "ordinal", "choice"]
    items: int
    labels: int
    raters: tuple[RaterSeverity, ...]
    seen: int = 0
    ungraded: int = 0
    columns: dict[Column, Agreement]
    ceiling: HumanCeiling | None = None
    stand_in: StandIn | None = None
    notes: tuple[str, ...] = ()


class OverallFigures(Model):
    """One column's figures over a whole scorecard: the mean of its dimensions, each weighing the same.

    `adjacent` is over the ordinal dimensions. Intervals hold conversations together: one that went badly on
    every dimension is one conversation.
    """

    exact: Estimate
    adjacent: Estimate | None
    qwk: Estimate
    ac2: Estimate
    alpha: Estimate


class OverallAgreement(Model):
    """Agreement over all `dimensions` of a scorecard that have items enough.

    `passed` compares who passes: people's answers scored like the machine's, where people labelled all that
    the score needs; None where they never did.
    """

    conversations: int
    dimensions: tuple[str, ...]
    columns: dict[Column, OverallFigures]
    passed: Agreement | None = None
    notes: tuple[str, ...] = ()
