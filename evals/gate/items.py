"""What two runs, and people, said of one conversation on one dimension."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evals.gate.distance import Answer, mean_distance
from service.calibration.tables import is_answer
from service.domain.grade import Grade
from service.domain.label import NOT_APPLICABLE, Label
from service.domain.run import RunConversation
from service.domain.scorecard import Dimension


@dataclass(frozen=True, slots=True)
class Answers:
    """The grades of one run, one for each repeat; None where a repeat has none. Never empty."""

    grades: tuple[Grade | None, ...]

    @property
    def all(self) -> tuple[Answer, ...]:
        """The answer of each repeat."""
        return tuple(answer_of(grade) for grade in self.grades)

    @property
    def most(self) -> Answer:
        """The most frequent answer; the first to occur of several."""
        return Counter(self.all).most_common(1)[0][0]

    @property
    def typical(self) -> Grade | None:
        """The first grade that gave the most frequent answer."""
        return next(grade for grade in self.grades if answer_of(grade) == self.most)

    @property
    def wavers(self) -> bool:
        """Whether repeats of the same thing gave different answers."""
        return len(set(self.all)) > 1

    @property
    def is_empty(self) -> bool:
        """Whether no repeat gave a grade."""
        return set(self.all) == {None}

    def first(self, repeats: int) -> "Answers":
        """Return those of the first repeats."""
        return Answers(self.grades[:repeats])


@dataclass(frozen=True, slots=True)
class Item:
    """One conversation on one dimension. `labels` are those of people who had not seen a machine's grade.

    `base` and `new` hold all repeats. Compared are the first of them, as many as both have: the mean or the
    most frequent of three answers is not what one answer is, even where nothing changed.
    """

    conversation: str
    dimension: Dimension
    labels: tuple[Label, ...]
    base: Answers
    new: Answers

    @property
    def repeats(self) -> int:
        """How many repeats of each run are compared."""
        return min(len(self.base.grades), len(self.new.grades))

    @property
    def compared(self) -> tuple[Answers, Answers]:
        """The older and the newer answers, of as many repeats."""
        return self.base.first(self.repeats), self.new.first(self.repeats)

    @property
    def flipped(self) -> bool:
        """Whether the answer is another one."""
        before, after = self.compared
        return before.most != after.most

    @property
    def is_empty(self) -> bool:
        """Whether neither run gave a grade."""
        return all(one.is_empty for one in self.compared)

    @property
    def is_measured(self) -> bool:
        """Whether something can be said: people labelled it, and at least one run graded it."""
        return bool(self.labels) and not self.is_empty

    @property
    def distances(self) -> tuple[float, float]:
        """How far the older and the newer answers are from people's, 0 to 1."""
        scale = self.dimension.scale
        before, after = (mean_distance(scale, self.labels, one.all) for one in self.compared)
        return before, after

    @property
    def is_wavering(self) -> bool:
        """Whether one run's answer also occurs among the other's repeats: repeating alone could do it."""
        before, after = self.compared
        return after.most in self.base.all or before.most in self.new.all


def answer_of(grade: Grade | None) -> Answer:
    """Return the level, ``"na"``, or None where nothing was graded."""
    if grade is None or grade.outcome == "ungraded":
        return None
    return NOT_APPLICABLE if grade.outcome == "not_applicable" else grade.level


def answers_of(conversation: RunConversation, dimension: str) -> Answers:
    """Return the grades that a conversation got on `dimension`; a failed evaluation gave none."""
    grades = tuple(
        next((grade for grade in evaluation.grades if grade.dimension == dimension), None)
        for evaluation in conversation.evaluations
    )
    return Answers(grades or (None,))


def is_left_out(conversation: RunConversation) -> bool:
    """Whether it was never tried, because a limit of cost or requests was reached."""
    return not conversation.evaluations and conversation.problem is None


def blind_labels(conversation: RunConversation, dimension: Dimension) -> tuple[Label, ...]:
    """Return people's labels on `dimension` that are on its scale, without those of people who had seen the
    machine's grade.
    """
    usable = (
        label
        for label in conversation.labels
        if label.dimension == dimension.id
        and label.blind is not False
        and is_answer(dimension.scale, label.level)
    )
    # Of several labels of one person the last counts, as it does for agreement.
    return tuple({label.rater: label for label in usable}.values())


def items_of(
    pairs: Iterable[tuple[RunConversation, RunConversation]], dimensions: Sequence[Dimension]
) -> list[Item]:
    """Return an item for each pair that both runs tried and each dimension; labels are the newer run's."""
    return [
        Item(
            conversation=new.id,
            dimension=dimension,
            labels=blind_labels(new, dimension),
            base=answers_of(base, dimension.id),
            new=answers_of(new, dimension.id),
        )
        for base, new in pairs
        if not is_left_out(base) and not is_left_out(new)
        for dimension in dimensions
    ]
