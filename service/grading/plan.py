"""Which requests a scorecard is asked in: one, unless the card says otherwise."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from service.domain.scorecard import Dimension, Scorecard
from service.grading.port import SEED

VOTING_TEMPERATURE = 0.7
"""Several votes at temperature 0 would be one vote, paid for several times (Wang et al. 2022,
arXiv 2203.11171).
"""


@dataclass(frozen=True, slots=True)
class Ask:
    """What one request asks: some dimensions in some order. Facts and coaching are asked once."""

    dimensions: tuple[Dimension, ...]
    seed: int = SEED
    temperature: float = 0.0
    coaching: bool = True
    facts: bool = True


def plan(card: Scorecard) -> list[Ask]:
    """Return the requests that ask every dimension of `card` as often as it wants votes.

    With an `order_seed`, each vote asks in another random order, the same for every conversation: so the
    beginning of a prompt stays the same and servers can keep it.
    """
    return [ask for vote in range(card.votes) for ask in _of_one_vote(card, vote)]


def _of_one_vote(card: Scorecard, vote: int) -> Iterator[Ask]:
    dimensions = list(card.dimensions)
    if card.order_seed is not None:
        # Not for secrets: the same seed has to give the same order everywhere.
        random.Random(card.order_seed + vote).shuffle(dimensions)  # noqa: S311
    size = {"all": len(dimensions), "each": 1}.get(str(card.grouping)) or int(card.grouping)
    for start in range(0, len(dimensions), size):
        yield Ask(
            dimensions=tuple(dimensions[start : start + size]),
            seed=SEED + vote,
            temperature=VOTING_TEMPERATURE if card.votes > 1 else 0.0,
            coaching=vote == 0,
            facts=vote == 0 and start == 0,
        )
