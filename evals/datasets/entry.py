"""What becomes of one record of a set: a labelled conversation, and what was wrong with it."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from service.domain.errors import FieldProblem, InvalidInput
from service.domain.label import Label
from service.domain.labelled import LabelledConversation
from service.domain.scorecard import Dimension, LevelValue, Scorecard
from service.domain.transcript import Conversation


class Entry(NamedTuple):
    """One record of a labelled set.

    `where` names file and place, `id` is the conversation's `external_id`, else its position over all files,
    from 0. `labelled` is None where there is no conversation; `problems` are sentences that say why, or which
    labels were left out. `notes` say what was not used and need not be.
    """

    where: str
    id: str
    labelled: LabelledConversation | None
    sha256: str
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """How a set is read: for which card, and, where a format has one verdict without saying on what, for
    which dimension. `rater` is who gave verdicts that name nobody.
    """

    card: Scorecard
    dimension: str | None = None
    rater: str | None = None

    def dimension_called(self, name: object) -> Dimension | None:
        """Return the card's dimension of that id, or None."""
        return next((one for one in self.card.dimensions if one.id == name), None)

    @property
    def asked_dimension(self) -> Dimension | None:
        """The dimension that single verdicts are about, None where nobody said."""
        return None if self.dimension is None else self.dimension_called(self.dimension)


@dataclass
class Found:
    """What was found in a record so far. `conversation` is raw; problems have pointers into the record."""

    conversation: dict[str, Any] | Conversation | None = None
    labels: list[Label] = field(default_factory=list)
    floors: dict[str, LevelValue] = field(default_factory=dict)
    problems: list[FieldProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add_problem(self, pointer: str, detail: str) -> None:
        """Note what is wrong with a part of the record."""
        self.problems.append(FieldProblem(pointer, detail))

    def add_problems(self, pointer: str, error: InvalidInput) -> None:
        """Note all that is wrong below `pointer`."""
        self.problems += [FieldProblem(pointer + one.pointer, one.detail) for one in error.problems]
