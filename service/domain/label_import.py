"""What came of labels that were given: stored, known before, contradicting, or not readable."""

from datetime import datetime

from service.domain.base import Model
from service.domain.scorecard import LevelValue

MOST_LISTED = 1_000
"""Duplicates, conflicts and problems that a report lists at most, each; it counts all of them."""


class RowProblem(Model):
    """A label that could not be read or stored. `row` is the line of the file, or the position in a list,
    both counted from 1; `field` is empty when the row as a whole is wrong.
    """

    row: int
    field: str
    detail: str


class LabelDuplicate(Model):
    """A label that says what is stored already; it was left out."""

    row: int
    stored_at: datetime


class LabelConflict(Model):
    """A label that contradicts one of the same rater that was stored at `stored_at`; it was left out."""

    row: int
    conversation: str | None
    evaluation: str | None
    dimension: str
    rater: str
    level: LevelValue
    stored_level: LevelValue
    stored_at: datetime

    @property
    def detail(self) -> str:
        """The conflict as a sentence."""
        about = self.conversation or self.evaluation
        said = f"{self.rater} gave {self.dimension} of {about!r} the level {self.stored_level!r} before"
        when = f"(stored {self.stored_at:%Y-%m-%d %H:%M} UTC) and {self.level!r} now"
        return f"{said} {when}; it was left out, `replace` overrules"


class LabelImport(Model):
    """What came of an import. `stored` counts new labels, `replaced` those that overruled another, `empty`
    rows of a table without a level. `duplicate_count`, `conflict_count` and `problem_count` count all, also
    those beyond the first 1,000, which the lists leave out. `notes` are about the file as a whole.
    """

    stored: int = 0
    replaced: int = 0
    empty: int = 0
    duplicate_count: int = 0
    conflict_count: int = 0
    problem_count: int = 0
    duplicates: tuple[LabelDuplicate, ...] = ()
    conflicts: tuple[LabelConflict, ...] = ()
    problems: tuple[RowProblem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def kept_nothing(self) -> bool:
        """Whether there was something to store, and none of it is stored now or was before."""
        refused = self.conflict_count + self.problem_count
        return refused > 0 and not self.stored + self.replaced + self.duplicate_count
