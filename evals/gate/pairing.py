"""Which conversations of two runs are the same, and on which dimensions they can be compared."""

from dataclasses import dataclass

from service.domain.errors import FieldProblem, InvalidInput
from service.domain.run import Run, RunConversation
from service.domain.scorecard import Dimension, Scale


@dataclass(frozen=True, slots=True)
class Pairing:
    """The conversations of two runs. `pairs` are in the order of the newer run; `altered` have the same id
    in both and other words, `only_base` and `only_new` occur once.
    """

    pairs: tuple[tuple[RunConversation, RunConversation], ...]
    altered: tuple[str, ...]
    only_base: tuple[RunConversation, ...]
    only_new: tuple[RunConversation, ...]


def pair(base: Run, new: Run) -> Pairing:
    """Return the conversations of both runs, paired by id; only those with the same input are pairs."""
    old = {one.id: one for one in base.conversations}
    now = {one.id for one in new.conversations}
    both = [(old[one.id], one) for one in new.conversations if one.id in old]
    return Pairing(
        pairs=tuple(two for two in both if two[0].input_sha256 == two[1].input_sha256),
        altered=tuple(one.id for was, one in both if was.input_sha256 != one.input_sha256),
        only_base=tuple(one for one in base.conversations if one.id not in now),
        only_new=tuple(one for one in new.conversations if one.id not in old),
    )


def check_comparable(base: Run, new: Run, *, other_scorecards: bool, other_datasets: bool) -> None:
    """Raise InvalidInput when the runs are of different scorecards or labelled sets and that was not allowed,
    or when they have nothing in common.
    """
    cards = (base.scorecard.scorecard.content_hash, new.scorecard.scorecard.content_hash)
    if cards[0] != cards[1] and not other_scorecards:
        raise _incomparable(
            f"the runs were graded by different scorecards ({_card(base)} and {_card(new)}, the content "
            "differs); --allow-different-scorecards compares the dimensions whose scale is the same in both"
        )
    if base.dataset_sha256 != new.dataset_sha256 and not other_datasets:
        raise _incomparable(
            f"the runs are of different labelled sets ({base.dataset} and {new.dataset}, conversations or "
            "labels differ); --allow-different-datasets compares the conversations that are in both"
        )
    if not pair(base, new).pairs:
        raise _incomparable("the runs have no conversation in common, so nothing can be compared")
    if not shared_dimensions(base, new):
        raise _incomparable("the scorecards share no dimension with the same scale")


def shared_dimensions(base: Run, new: Run) -> list[Dimension]:
    """Return the dimensions of the newer card that the older one has, too, with the same answers."""
    old = {dimension.id: dimension for dimension in base.scorecard.scorecard.dimensions}
    return [
        dimension
        for dimension in new.scorecard.scorecard.dimensions
        if dimension.id in old and _answers(old[dimension.id].scale) == _answers(dimension.scale)
    ]


def _answers(scale: Scale) -> tuple[object, ...]:
    """Points and wording may change: the distance between two answers is in levels."""
    return (scale.type, *(level.level for level in scale.levels))


def _card(run: Run) -> str:
    return f"{run.scorecard.name}@{run.scorecard.revision}"


def _incomparable(sentence: str) -> InvalidInput:
    return InvalidInput([FieldProblem("", sentence)])
